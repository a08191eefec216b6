"""Whether somebody states energies of hours in whole kWh, as distributors do of some supplies: told from a month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

from energy.energy_row import MWH, to_mwh
from energy.statements.intervals import FIELDS

HOUR = timedelta(hours=1)
KWH = 1000 * MWH
"""A kWh in mWh."""
MANY = 24
"""The number of a month's hours, no zeros and all whole kWh, that is no chance."""


def in_whole_kwh(hours_wh: Iterable[float]) -> bool:
    """Whether every energy (Wh) of a month's hours is a whole kWh, and many are above 0."""
    hours = [to_mwh(wh) for wh in hours_wh]
    return sum(mwh > 0 for mwh in hours) >= MANY and all(mwh % KWH == 0 for mwh in hours)


def months_in_whole_kwh(intervals: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[date]]:
    """Months (UTC, first days) by quantity in which ``intervals``, of hours among others, state whole kWh."""
    hours: dict[tuple[str, date], list[float]] = defaultdict(list)
    for each in intervals:
        if each["end"] - each["start"] == HOUR:
            for field, quantity in FIELDS.items():
                if (wh := each.get(field)) is not None:
                    hours[quantity, month_of(each["start"])].append(wh)
    found: dict[str, set[date]] = defaultdict(set)
    for (quantity, month), energies in hours.items():
        if in_whole_kwh(energies):
            found[quantity].add(month)
    return {quantity: frozenset(months) for quantity, months in found.items()}


def month_of(instant: datetime) -> date:
    """First day of the UTC month."""
    return instant.astimezone(timezone.utc).date().replace(day=1)
