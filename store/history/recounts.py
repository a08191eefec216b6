"""Recounts because another capacity, or other members, held than was known: table ``recount``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from conf import Settings
from store import cassandra
from store.instants import utc


class Recount(NamedTuple):
    """A time from ``start`` to before ``until`` (UTC) of an installation or community that is to be totalled again."""

    installation_id: str
    asked_at: datetime
    start: datetime
    until: datetime
    run_id: str | None = None
    """The published run that has done it; None: the next one will."""


RECOUNTS = f"SELECT {', '.join(Recount._fields)} FROM recount"  # noqa: S608 - constant names
INSERT = f"INSERT INTO recount ({', '.join(Recount._fields)}) VALUES ({', '.join('?' * len(Recount._fields))})"  # noqa: S608
DONE = "UPDATE recount SET run_id = ? WHERE installation_id = ? AND asked_at = ? AND start = ?"


def read(settings: Settings) -> list[Recount]:
    """The recounts that no published run has done. Raises :class:`store.cassandra.CassandraAway`."""
    with cassandra.session(settings) as session:
        return waiting(session.execute(RECOUNTS))


def waiting(rows: Iterable[Any]) -> list[Recount]:
    """The rows of :data:`RECOUNTS` that no published run has done."""
    return [
        Recount(row.installation_id, utc(row.asked_at), utc(row.start), utc(row.until))
        for row in rows
        if row.run_id is None
    ]
