"""The gap ledger: every expected period of a device is present, late, estimated, missing or lost, with a cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from energy.calendar import period_end
from energy.rows import EnergyRow

State = Literal["present", "late", "estimated", "missing", "lost"]
LATE = timedelta(minutes=15)
"""A period whose last evidence came longer than this after its end is late."""
GIVEN_UP = timedelta(days=40)
"""What has not come after this long will not come: sources and the stream's store keep no more."""
UNRECOVERABLE = frozenset({"replaced", "jump"})
"""Causes after which nobody can tell the energy any more, unless power was known."""


class Entry(NamedTuple):
    """What became of one expected period (``start`` in UTC)."""

    start: datetime
    state: State
    cause: str
    completeness: float


def gap_ledger(
    expected: Iterable[datetime], rows: Iterable[EnergyRow], arrivals: Mapping[datetime, datetime], now: datetime
) -> list[Entry]:
    """One entry for each ``expected`` quarter-hour (its start) of one quantity of one device, in order.

    ``rows`` are that device's rows of that quantity (``installation_energy`` of its readings alone), ``arrivals`` the
    arrival of the last message that a period needed, where known. Causes: ``awaited`` (not yet due), ``silent``
    (nothing came), ``partial`` (a part of the period is not covered), ``late``, ``official`` (filled by an interval's
    estimate), else the row's own cause or method.
    """
    by_start = {row.start: row for row in rows}
    return [_entry(start, by_start.get(start), arrivals.get(start), now) for start in sorted(set(expected))]


def _entry(start: datetime, row: EnergyRow | None, arrived: datetime | None, now: datetime) -> Entry:
    end = period_end(start)
    too_old = now - end > GIVEN_UP
    if row is None or (row.completeness == 0 and not row.cause):
        if now < end + LATE:
            return Entry(start, "missing", "awaited", 0.0)
        return Entry(start, "lost" if too_old else "missing", "silent", 0.0)
    if row.completeness < 1 and row.method not in ("integrated",) and UNRECOVERABLE & set(row.cause.split(",")):
        return Entry(start, "lost", row.cause, row.completeness)
    if row.completeness < 1:
        if now < end + LATE:
            return Entry(start, "missing", "awaited", row.completeness)
        return Entry(start, "lost" if too_old else "missing", row.cause or "partial", row.completeness)
    if row.method in ("estimated", "spread", "integrated"):
        return Entry(start, "estimated", row.cause or row.method, row.completeness)
    if arrived is not None and arrived > end + LATE:
        return Entry(start, "late", "late", row.completeness)
    return Entry(start, "present", row.cause, row.completeness)
