"""The gap ledger: every expected period of a device is present, late, estimated, missing or lost, with a cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from energy.calendar import period_end
from energy.energy_row import QUARTER, QUARTER_US, EnergyRow, from_us, to_us

State = Literal["present", "late", "estimated", "missing", "lost"]
LATE = timedelta(minutes=15)
"""A period whose last evidence came longer than this after its end is late."""
GIVEN_UP = timedelta(days=40)
"""The time after which a period is lost: sources and the stream's store keep no more."""
UNRECOVERABLE = frozenset({"replaced", "jump"})
"""Causes after which nobody can tell the energy any more, unless power was known."""


class Entry(NamedTuple):
    """The state of one expected period (``start`` in UTC)."""

    start: datetime
    state: State
    cause: str
    completeness: float


class Stretch(NamedTuple):
    """Expected periods in a row that fared alike, from ``start`` to before ``until`` (UTC)."""

    start: datetime
    until: datetime
    state: State
    cause: str
    periods: int
    completeness: float
    """Mean of the periods'."""


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


def stretches(entries: Iterable[Entry]) -> list[Stretch]:
    """Entries in order of time, those in a row of one state and cause as one."""
    found: list[Stretch] = []
    for start, state, cause, completeness in entries:
        last = found[-1] if found else None
        if last is not None and (last.until, last.state, last.cause) == (start, state, cause):
            covered = last.completeness * last.periods + completeness
            found[-1] = Stretch(
                last.start, start + QUARTER, state, cause, last.periods + 1, covered / (last.periods + 1)
            )
        else:
            found.append(Stretch(start, start + QUARTER, state, cause, 1, completeness))
    return found


def as_it_stands(stretch: Stretch, now: datetime) -> Stretch:
    """A stretch that was written down earlier, as it is to be called ``now``: what is missing for too long is lost."""
    if stretch.state == "missing" and now - stretch.until > GIVEN_UP:
        return stretch._replace(state="lost")
    return stretch


def arrivals(samples: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime) -> dict[datetime, datetime]:
    """The arrival of the last message that each quarter-hour in ``start``..``end`` needed.

    ``samples`` are (time, received_at) of one device. A quarter-hour needs its own and the first after it; that one
    could not come before it was taken, so its time beyond the quarter-hour's end is not counted. Nothing is returned
    where no message took longer than LATE to come.
    """
    pairs = list(samples)
    if all(received - time <= LATE for time, received in pairs):
        return {}
    ordered = sorted((to_us(time), to_us(received)) for time, received in pairs)
    first, last = to_us(start), to_us(end)
    found: dict[int, int] = {}
    before = None
    for time, received in ordered:
        own = time - time % QUARTER_US
        begin = own if before is None else before - before % QUARTER_US
        for period in range(max(begin, first), min(own + 1, last), QUARTER_US):
            came = received - max(0, time - period - QUARTER_US)
            found[period] = max(found.get(period, came), came)
        before = time
    return {from_us(period): from_us(came) for period, came in found.items()}
