"""The number of an hour in a year of coefficients: 1 to 8760, in leap years 8784.

No text was read that settles how hours are counted where clocks change, so the rule is named wherever it is used:
``consecutive`` counts the hours that pass from the local year's first on; ``clock`` gives each day 24 numbers by its
wall clock, so that in autumn two hours have one number, and in spring a number has no hour. They differ by one from
the last Sunday of March to that of October.
"""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

from energy.calendar import day_start

Rule = Literal["consecutive", "clock"]
RULES: tuple[Rule, ...] = ("consecutive", "clock")
HOUR = timedelta(hours=1)


def hours_of(year: int) -> int:
    """The number of hours for which a year's file states a coefficient."""
    return 8784 if calendar.isleap(year) else 8760


def number_of(instant: datetime, zone: tzinfo, rule: Rule) -> tuple[int, int]:
    """The local year of the aware ``instant``, and the number of its hour in it, from 1 on."""
    local = instant.astimezone(zone)
    if rule == "clock":
        day = (local.date() - date(local.year, 1, 1)).days
        return local.year, day * 24 + local.hour + 1
    return local.year, (instant - day_start(date(local.year, 1, 1), zone)) // HOUR + 1
