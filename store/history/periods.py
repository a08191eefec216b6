"""Values that held from one instant to another: whole quarter-hours, one value at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from itertools import pairwise
from typing import Any, Generic, NamedTuple, TypeVar

from energy.calendar import period_start
from energy.energy_row import EPOCH
from store.instants import utc

ALWAYS = EPOCH
"""Start of what held ever since."""
FOREVER = datetime(9000, 1, 1, tzinfo=timezone.utc)
"""End of what still holds."""
Value = TypeVar("Value", str, float)


class Period(NamedTuple, Generic[Value]):
    """``value`` held in the quarter-hours that begin in [start, end), UTC."""

    value: Value
    start: datetime = ALWAYS
    end: datetime = FOREVER


def period_of(value: Value, row: Any) -> Period[Value]:
    """``value`` from ``start`` to ``until`` of a row as Cassandra's driver returns it."""
    return Period(value, utc(row.start), FOREVER if row.until is None else utc(row.until))


def row_of(installation_id: str, period: Period[Value]) -> tuple[Any, ...]:
    """A period as its table holds it; ``until`` is absent where it still holds."""
    return installation_id, period.start, None if period.end == FOREVER else period.end, period.value


class Change(NamedTuple, Generic[Value]):
    """A time in which another value holds than was known: ``before`` and ``after`` in [start, end), UTC; None: none."""

    before: Value | None
    after: Value | None
    start: datetime
    end: datetime


def value_at(periods: Sequence[Period[Value]], at: datetime) -> Value | None:
    """The value that held ``at`` an instant (UTC); None where none did."""
    return next((each.value for each in periods if each.start <= at < each.end), None)


def from_now_on(known: Sequence[Period[Value]], value: Value | None, now: datetime) -> list[Period[Value]]:
    """``known`` with ``value`` from the quarter-hour on in which ``now`` (UTC) lies; None: nothing holds any more."""
    if value_at(known, now) == value:
        return list(known)
    at = period_start(now)
    past: list[Period[Value]] = [each._replace(end=min(each.end, at)) for each in known if each.start < at]
    if value is not None:
        past.append(Period(value, at))
    return past


def changes(before: Sequence[Period[Value]], after: Sequence[Period[Value]]) -> list[Change[Value]]:
    """Changes from ``before`` to ``after``, in order of time."""
    edges = sorted({edge for each in (*before, *after) for edge in (each.start, each.end)})
    found = [Change(value_at(before, start), value_at(after, start), start, end) for start, end in pairwise(edges)]
    return [each for each in found if each.before != each.after]
