"""Instants as messages, tables and files write them; in memory every instant is aware and in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timezone

from energy.calendar import midnight, months_later


def rfc3339(instant: datetime) -> str:
    """``instant`` in UTC, ``2026-11-21T00:00:00Z``, with milliseconds where there are any."""
    digits = "milliseconds" if instant.microsecond else "seconds"
    return instant.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec=digits) + "Z"


def instant_of(text: str) -> datetime:
    """The instant (UTC) of a text that :func:`rfc3339` wrote."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def utc(read: datetime) -> datetime:
    """A timestamp as Cassandra's driver returns it (UTC without a zone) with its zone."""
    return read.replace(tzinfo=timezone.utc)


def utc_or_none(read: datetime | None) -> datetime | None:
    """The same of a column that may be absent."""
    return None if read is None else utc(read)


def month_of(instant: datetime) -> date:
    """First day of the UTC month: the part of a partition key that bounds its size."""
    return instant.astimezone(timezone.utc).date().replace(day=1)


def months(start: datetime, end: datetime) -> Iterator[date]:
    """First days of the UTC months that [start, end) touches."""
    first = month_of(start)
    while midnight(first) < end:
        yield first
        first = months_later(first)
