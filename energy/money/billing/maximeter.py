"""Maxima of a distributor's maximeter in a month, for the bill of that month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from energy.money.billing.days import Calendar, periods_of_day
from energy.money.billing.excess import MWH_OF_WATT, POWER_PERIOD

HOUR_MINUTES = 60


def with_maximeter(of: Calendar, stated_w: Mapping[str, float]) -> Calendar:
    """The days with ``stated_w``, the greatest power (W) of each energy period, P1 to P6.

    As they are, where they are not one calendar month or one of its periods is not stated: the greatest may be there.
    """
    found: dict[int, float] = {}
    count = len(of.days[0].power_w)
    if not of.is_month:
        return of
    for day in of.days:
        for period in {int(each) for each in periods_of_day(day.periods, day.date, HOUR_MINUTES)}:
            if len(day.power_w) != count or f"P{period + 1}" not in stated_w:
                return of
            power = int(POWER_PERIOD[count][period])
            found[power] = max(found.get(power, 0.0), stated_w[f"P{period + 1}"])
    return replace(of, shown=tuple(round(found.get(n, 0.0) * MWH_OF_WATT) for n in range(count)))
