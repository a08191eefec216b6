"""Messages that the broker has not acknowledged, on disk: in order, bounded, and safe from ``kill -9`` and power loss.

A message is deleted only after the broker has acknowledged it, so none is lost; one that was sent just
before a crash is sent again, and dropped downstream as a repeat.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from conf.refusal import Refusal
from ingest.gateway import unsent
from ingest.gateway.outbox_file import is_damage, open_file, renewed
from ingest.gateway.unsent import DroppedDay, RefusedReading
from ingest.publishing.message import Message
from store.instants import instant_of

Answer = TypeVar("Answer")
ROW_BYTES = 64
"""Bytes of a row beside its value: ids, topic, key, page overhead; rounded up."""


class OutboxFullError(Refusal):
    """Nothing more can be kept; the text says whether the bound or the disk is the limit."""


class BoundReached(OutboxFullError):
    """The outbox holds all it may."""


class Kept(NamedTuple):
    """A message in the outbox; ids grow in the order of keeping."""

    id: int
    message: Message


class Outbox:
    """The queue in the SQLite file ``path``, at most about ``megabytes`` large. Threads may share it."""

    def __init__(self, path: Path, megabytes: int) -> None:
        self._path, self._limit = path, megabytes * 1_000_000
        self._lock = threading.Lock()
        self._base = open_file(path)
        self._count, self._bytes = self._counted()
        self._version = self._data_version()

    def _data_version(self) -> int:
        """A number that changes when another process has written to the file."""
        return int(self._base.execute("PRAGMA data_version").fetchone()[0])

    def _count_again_where_another_wrote(self) -> None:
        """Messages of a forgotten installation are removed by ``solera forget``."""
        if (version := self._data_version()) != self._version:
            self._version = version
            self._count, self._bytes = self._counted()

    def _counted(self) -> tuple[int, int]:
        row = self._base.execute("SELECT count(*), coalesce(sum(length(value)), 0) FROM message").fetchone()
        return int(row[0]), int(row[1]) + int(row[0]) * ROW_BYTES

    @property
    def count(self) -> int:
        """Messages kept."""
        return self._count

    @property
    def bytes(self) -> int:
        """About what they take on disk."""
        return self._bytes

    @property
    def full(self) -> bool:
        """Whether the bound is reached."""
        return self._bytes >= self._limit

    def keep(self, messages: Sequence[Message]) -> None:
        """Append ``messages``, all or none, and return once they are on the disk.

        Raises :class:`OutboxFullError`; nothing is dropped to make room but by :meth:`drop_oldest_day`.
        """
        size = sum(len(message.value) + ROW_BYTES for message in messages)
        with self._lock:
            if self._bytes + size > self._limit:
                raise BoundReached(
                    f"the outbox holds {self._count} messages, its bound of {self._limit // 1_000_000} MB"
                )
            self._write("INSERT INTO message (topic, key, value) VALUES (?, ?, ?)", messages, len(messages), size)

    def oldest(self, limit: int) -> list[Kept]:
        """The ``limit`` messages kept longest, oldest first; they stay in the outbox."""
        query = "SELECT id, topic, key, value FROM message ORDER BY id LIMIT ?"
        with self._lock:
            try:
                rows = self._base.execute(query, (limit,)).fetchall()
            except sqlite3.DatabaseError as error:
                self._renew(error)
                rows = self._base.execute(query, (limit,)).fetchall()
        return [Kept(row[0], Message(*row[1:])) for row in rows]

    def oldest_time(self) -> datetime | None:
        """Instant of the reading kept longest, UTC; None where nothing is kept, or it names none."""
        for kept in self.oldest(1):
            with suppress(ValueError, KeyError, TypeError):
                return instant_of(str(json.loads(kept.message.value)["time"]))
        return None

    def delete(self, sent: Sequence[Kept]) -> int:
        """Forget ``sent``, which the broker has acknowledged; how many of it were kept still.

        Raises :class:`OutboxFullError` if it can't.
        """
        with self._lock:
            size = sum(len(kept.message.value) + ROW_BYTES for kept in sent)
            return self._write("DELETE FROM message WHERE id = ?", [(kept.id,) for kept in sent], -len(sent), -size)

    def drop_oldest_day(self, before: date) -> DroppedDay | None:
        """Drop all that is kept of the oldest day (UTC) before ``before``, and count it; None where there is none such.

        Raises :class:`OutboxFullError` if it can't.
        """
        return self._of_file(lambda base: unsent.drop_oldest_day(base, before))

    def set_aside(self, refused: Sequence[RefusedReading]) -> None:
        """Move ``refused`` out of the queue, with why. Raises :class:`OutboxFullError` if it can't."""
        self._of_file(lambda base: unsent.set_aside(base, refused))

    def dropped_days(self) -> list[DroppedDay]:
        """The days that were ever dropped, oldest first."""
        return self._of_file(unsent.dropped_days, changes=False)

    def refused(self) -> tuple[int, str | None]:
        """The number of readings ever set aside, and why the last was."""
        return self._of_file(unsent.refused, changes=False)

    def _of_file(self, asked: Callable[[sqlite3.Connection], Answer], changes: bool = True) -> Answer:
        with self._lock:
            try:
                return asked(self._base)
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise OutboxFullError(f"the outbox can't be used: {error}") from None
                self._renew(error)
                return asked(self._base)
            finally:
                if changes:
                    self._count, self._bytes = self._counted()

    def _write(self, statement: str, rows: Sequence[Sequence[Any]], count: int, size: int) -> int:
        """Execute it for all ``rows`` or none, which adds ``count`` messages and ``size`` bytes; rows it changed."""
        try:
            written = self._transact(statement, rows)
            self._count += count
            self._bytes += size
            if written != len(rows):  # some were dropped or set aside while they were being sent
                self._count, self._bytes = self._counted()
            self._count_again_where_another_wrote()
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise OutboxFullError(f"the outbox can't be written: {error}") from None
            self._renew(error)
            written = self._transact(statement, rows)
            self._count, self._bytes = self._counted()
        return written

    def _renew(self, error: sqlite3.DatabaseError) -> None:
        """Go on with a new file that has what can be read of the damaged one."""
        self._base.close()
        self._base = renewed(self._path, error)
        self._count, self._bytes = self._counted()
        self._version = self._data_version()

    def _transact(self, statement: str, rows: Sequence[Sequence[Any]]) -> int:
        """The number of rows that ``statement`` has written or deleted."""
        try:
            self._base.execute("BEGIN IMMEDIATE")
            written = self._base.executemany(statement, rows).rowcount
            self._base.execute("COMMIT")
            return written
        except sqlite3.DatabaseError:
            if self._base.in_transaction:
                self._base.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()
