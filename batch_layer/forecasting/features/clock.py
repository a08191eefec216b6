"""The clock a series lives by, and its day types: wall clock of its zone for people, UTC for the sun."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import holidays
import numpy as np
import pandas as pd
from numpy.typing import NDArray

HOLIDAYS_OF_ZONE = {
    "Europe/Madrid": ("ES", None),
    "Atlantic/Canary": ("ES", "CN"),
    "Africa/Ceuta": ("ES", "CE"),
    "Europe/Lisbon": ("PT", None),
    "Europe/Paris": ("FR", None),
    "America/Los_Angeles": ("US", "CA"),
    "America/New_York": ("US", None),
    "America/Chicago": ("US", None),
    "America/Denver": ("US", None),
    "America/Phoenix": ("US", "AZ"),
}
"""Zone → country and subdivision whose holidays its people keep; other zones know weekends only."""
WORKDAY, SATURDAY, SUNDAY_OR_HOLIDAY = 0, 1, 2


def wall_clock(times: pd.DatetimeIndex, zone: str | None) -> pd.DatetimeIndex:
    """UTC instants as naive wall-clock times of ``zone`` (UTC where it is unknown)."""
    return times.tz_convert(zone or "UTC").tz_localize(None)


@lru_cache(maxsize=256)
def _holidays(zone: str, year: int) -> frozenset[np.datetime64]:
    country, subdivision = HOLIDAYS_OF_ZONE[zone]
    days = holidays.country_holidays(country, subdiv=subdivision, years=year)
    return frozenset(np.datetime64(day, "D") for day in days)


def day_types(clock: pd.DatetimeIndex, zone: str | None) -> NDArray[Any]:
    """Day type of each wall-clock time: 0 workday, 1 Saturday, 2 Sunday or a public holiday of the zone."""
    weekday = clock.dayofweek.to_numpy()
    types = np.where(weekday == 6, SUNDAY_OR_HOLIDAY, np.where(weekday == 5, SATURDAY, WORKDAY))
    if zone in HOLIDAYS_OF_ZONE:
        days = clock.to_numpy().astype("datetime64[D]")
        years = {int(year) for year in clock.year.unique()}
        closed = np.array(sorted(day for year in years for day in _holidays(zone, year)))
        types = np.where(np.isin(days, closed), SUNDAY_OR_HOLIDAY, types)
    return types


def utc(times: pd.Series) -> pd.Series:
    """Times that Spark hands over without their zone, as UTC."""
    return pd.to_datetime(times, utc=True).astype("datetime64[ns, UTC]")
