"""Readings of an outbox that are never sent, in its file: days dropped at its bound, and those that are refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import NamedTuple

from ingest.publishing.message import Message

SCHEMA = """
CREATE TABLE IF NOT EXISTS dropped_day (day TEXT PRIMARY KEY, readings INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS refused (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB, value BLOB NOT NULL, reason TEXT NOT NULL
)"""
MOST_REFUSED = 10_000
"""Refused readings that are kept; the newest."""
_TIME = """json_extract(CASE WHEN json_valid(CAST(value AS TEXT)) THEN CAST(value AS TEXT) ELSE '{}' END, '$.time')"""
_DAY = f"(CASE WHEN {_TIME} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*' THEN date({_TIME}) END)"
"""Day (UTC) of a reading; none where it names no instant."""
_ADD = "INSERT INTO dropped_day VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET readings = readings + excluded.readings"
_REFUSE = "INSERT INTO refused (key, value, reason) VALUES (?, ?, ?)"
_REMOVE = "DELETE FROM message WHERE id = (SELECT id FROM message WHERE value = ? ORDER BY id LIMIT 1)"
_FORGET = "DELETE FROM refused WHERE id <= (SELECT max(id) FROM refused) - ?"


class DroppedDay(NamedTuple):
    """A day (UTC) that was dropped, and how many of its readings were kept until then."""

    day: date
    readings: int


class RefusedReading(NamedTuple):
    """A reading that will never be taken, and why."""

    message: Message
    reason: str


def create(base: sqlite3.Connection) -> None:
    """Make the tables that are not there yet."""
    for statement in SCHEMA.split(";"):
        base.execute(statement)


def drop_oldest_day(base: sqlite3.Connection, before: date) -> DroppedDay | None:
    """Drop and count all that is kept of the oldest day, one before ``before``; None where there is none such."""
    with _whole(base):
        (day,) = base.execute(f"SELECT min({_DAY}) FROM message WHERE {_DAY} < ?", (str(before),)).fetchone()  # noqa: S608
        if day is None:
            return None
        readings = base.execute(f"DELETE FROM message WHERE {_DAY} = ?", (day,)).rowcount  # noqa: S608
        base.execute(_ADD, (day, readings))
    return DroppedDay(date.fromisoformat(day), readings)


def dropped_days(base: sqlite3.Connection) -> list[DroppedDay]:
    """The days that were ever dropped, oldest first."""
    rows = base.execute("SELECT day, readings FROM dropped_day ORDER BY day")
    return [DroppedDay(date.fromisoformat(day), readings) for day, readings in rows]


def set_aside(base: sqlite3.Connection, refused: Sequence[RefusedReading]) -> None:
    """Move ``refused`` from the messages to the refused readings, of which the newest :data:`MOST_REFUSED` are kept."""
    with _whole(base):
        base.executemany(_REFUSE, [(each.message.key, each.message.value, each.reason) for each in refused])
        base.executemany(_REMOVE, [(each.message.value,) for each in refused])
        base.execute(_FORGET, (MOST_REFUSED,))


def refused(base: sqlite3.Connection) -> tuple[int, str | None]:
    """The number of readings ever set aside, and why the last was."""
    count = base.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'refused'").fetchone()
    last = base.execute("SELECT reason FROM refused ORDER BY id DESC LIMIT 1").fetchone()
    return count[0], last[0] if last else None


@contextmanager
def _whole(base: sqlite3.Connection) -> Iterator[None]:
    """A transaction: it is done whole, or not at all."""
    base.execute("BEGIN IMMEDIATE")
    try:
        yield
        base.execute("COMMIT")
    finally:
        if base.in_transaction:
            base.execute("ROLLBACK")
