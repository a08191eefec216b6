"""The outbox's SQLite file: opened, checked, and where it is damaged set aside, with what can be read of it kept."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from ingest.gateway import unsent
from store.reports import set_aside

log = logging.getLogger("gateway")
SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
  id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, key BLOB, value BLOB NOT NULL
)"""
_INSERT = "INSERT INTO message (id, topic, key, value) VALUES (?, ?, ?, ?)"
_COMPANIONS = ("-wal", "-shm")
"""Endings of the files that SQLite keeps beside this one and that belong to it."""
Row = tuple[int, str, bytes | None, bytes]


def open_file(path: Path) -> sqlite3.Connection:
    """The file at ``path``, whole. A damaged one is set aside, said, and its readable messages are in the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _opened(path)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return renewed(path, error)


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether ``error`` tells of a damaged file, not of a full disk or a lock."""
    return not isinstance(error, sqlite3.OperationalError) or "no such table" in str(error)


def renewed(path: Path, error: sqlite3.DatabaseError) -> sqlite3.Connection:
    """A new file at ``path`` with the messages that can be read of the damaged one, which is set aside."""
    aside = set_aside(path)
    for companion in _COMPANIONS:
        with suppress(FileNotFoundError):
            path.with_name(path.name + companion).replace(aside.with_name(aside.name + companion))
    base = _opened(path)
    saved = _readable(aside)
    base.execute("BEGIN IMMEDIATE")
    base.executemany(_INSERT, saved)
    base.execute("COMMIT")
    said = "%s is damaged (%s) and set aside as %s; %d of its messages could be read and are sent"
    log.error(said, path, error, aside.name, len(saved))
    return base


def _opened(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    try:
        base.execute("PRAGMA journal_mode = WAL")
        # FULL syncs the log at every commit, so that kept messages are on the disk.
        base.execute("PRAGMA synchronous = FULL")
        base.execute(SCHEMA)
        unsent.create(base)
        (state,) = base.execute("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise sqlite3.DatabaseError(state)
    except sqlite3.DatabaseError:
        base.close()
        raise
    return base


def _readable(path: Path) -> list[Row]:
    """The messages before and behind the damage, in their order."""
    readable: dict[int, Row] = {}
    for order in ("ASC", "DESC"):
        readable.update({row[0]: row for row in _until_damage(path, order)})
    return [readable[number] for number in sorted(readable)]


def _until_damage(path: Path, order: str) -> Iterator[Row]:
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA writable_schema = ON")  # a damaged page elsewhere must not hide the table
        for row in base.execute(f"SELECT id, topic, key, value FROM message ORDER BY id {order}"):  # noqa: S608
            # JSON holds no zero bytes: a value that has them ran into a page that is gone.
            if isinstance(row[1], str) and isinstance(row[3], bytes) and b"\0" not in row[3]:
                yield row
