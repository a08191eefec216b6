"""What of an outbox is never sent, in its file: the whole days that were dropped at its bound."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import NamedTuple

SCHEMA = "CREATE TABLE IF NOT EXISTS dropped_day (day TEXT PRIMARY KEY, readings INTEGER NOT NULL)"
_TIME = """json_extract(CASE WHEN json_valid(CAST(value AS TEXT)) THEN CAST(value AS TEXT) ELSE '{}' END, '$.time')"""
_DAY = f"(CASE WHEN {_TIME} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*' THEN date({_TIME}) END)"
"""Day (UTC) of a reading; none where it names no instant."""
_ADD = "INSERT INTO dropped_day VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET readings = readings + excluded.readings"


class DroppedDay(NamedTuple):
    """A day (UTC) that was dropped, and how many of its readings were kept until then."""

    day: date
    readings: int


def drop_oldest_day(base: sqlite3.Connection, before: date) -> DroppedDay | None:
    """Drop and count all that is kept of the oldest day, one before ``before``; None where there is none such."""
    base.execute("BEGIN IMMEDIATE")
    try:
        (day,) = base.execute(f"SELECT min({_DAY}) FROM message WHERE {_DAY} < ?", (str(before),)).fetchone()  # noqa: S608
        if day is None:
            base.execute("ROLLBACK")
            return None
        readings = base.execute(f"DELETE FROM message WHERE {_DAY} = ?", (day,)).rowcount  # noqa: S608
        base.execute(_ADD, (day, readings))
        base.execute("COMMIT")
    except sqlite3.DatabaseError:
        if base.in_transaction:
            base.execute("ROLLBACK")
        raise
    return DroppedDay(date.fromisoformat(day), readings)


def dropped_days(base: sqlite3.Connection) -> list[DroppedDay]:
    """The days that were ever dropped, oldest first."""
    rows = base.execute("SELECT day, readings FROM dropped_day ORDER BY day")
    return [DroppedDay(date.fromisoformat(day), readings) for day, readings in rows]
