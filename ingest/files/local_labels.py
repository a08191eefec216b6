"""Instants of rows that say wall-clock time: on days of 23 and 25 hours by their order, where the day is whole.

Every way of writing such a day is then read alike: hours 1 to 25, a label that stands twice, one that is left out. Of a
day with holes what is ambiguous is refused, not guessed.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta, timezone
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from energy.calendar import local_day, zone

DAY_MINUTES = 1440
NONE, TWICE = "there is no such time on that day", "the clock showed it twice, and the file has it once"


class Placed(NamedTuple):
    """Starts of periods in UTC, NaT where there is none, and why not by position."""

    starts: pd.Series[Any]
    reasons: dict[int, str]


def placed(days: pd.Series[Any], minutes: pd.Series[Any], length: int, zone_name: str) -> Placed:
    """Instants of periods of ``length`` minutes that begin at wall-clock ``minutes`` of local ``days`` (midnights).

    A number of minutes of a day or more is the 25th hour.
    """
    behind = np.floor_divide(minutes.clip(upper=0), DAY_MINUTES)
    days = days + pd.to_timedelta(behind, unit="D")
    minutes = minutes - behind * DAY_MINUTES
    # A fraction of a minute is a second to within a nanosecond.
    naive = (days + pd.to_timedelta(minutes, unit="min")).dt.round("us")
    starts = naive.dt.tz_localize(zone_name, ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")
    starts = starts.where(minutes < DAY_MINUTES)
    reasons: dict[int, str] = {}
    positions = np.arange(len(days))
    known = days.notna().to_numpy()
    for day in _odd_days(days, zone_name):
        at = positions[known & (days == day).to_numpy()]
        instants, why = _of_odd_day(day, minutes.iloc[at].to_numpy(), length, zone_name)
        starts.iloc[at] = pd.DatetimeIndex(pd.to_datetime(instants, utc=True))
        reasons |= {int(at[number]): reason for number, reason in why.items()}
    late = positions[known & (minutes >= DAY_MINUTES).to_numpy() & starts.isna().to_numpy()]
    return Placed(starts, {int(number): NONE for number in late} | reasons)


def by_season(naive: pd.Series[Any], is_winter: pd.Series[Any], zone_name: str) -> pd.Series[Any]:
    """UTC of wall-clock labels that say themselves whether they are winter time."""
    offsets: dict[tuple[int, bool], timedelta] = {}
    for year in naive.dt.year.dropna().astype(int).unique():
        pair = [pd.Timestamp(year, month, 1, tz=zone_name).utcoffset() or timedelta(0) for month in (1, 7)]
        offsets[year, True], offsets[year, False] = min(pair), max(pair)
    pairs = zip(naive.dt.year, is_winter, strict=True)
    off = [pd.NaT if year != year else offsets[int(year), winter] for year, winter in pairs]
    return (naive - pd.Series(off, index=naive.index, dtype="timedelta64[ns]")).dt.tz_localize("UTC")


def _odd_days(days: pd.Series[Any], zone_name: str) -> list[pd.Timestamp]:
    return [day for day in days.dropna().unique() if _minutes_of(day, zone_name) != DAY_MINUTES]


def _minutes_of(day: pd.Timestamp, zone_name: str) -> int:
    begin, end = local_day(day.date(), zone(zone_name))
    return int((end - begin) / timedelta(minutes=1))


def _of_odd_day(day: pd.Timestamp, minutes: Any, length: int, zone_name: str) -> tuple[list[Any], dict[int, str]]:
    longer = _minutes_of(day, zone_name) - DAY_MINUTES
    count = (DAY_MINUTES + longer) // length
    begin = pd.Timestamp(local_day(day.date(), zone(zone_name))[0])
    for order in (range(count), range(count - 1, -1, -1)):
        if len(minutes) == count and _is_ordered(minutes[list(order)], length - longer):
            return [begin + timedelta(minutes=number * length) for number in order], {}
    labels = [float(each) for each in minutes]
    alike, seen = Counter(labels), Counter[float]()
    instants: list[Any] = [pd.NaT] * len(labels)
    reasons: dict[int, str] = {}
    steps = np.diff(minutes)
    is_newest_first = (steps < 0).sum() > (steps > 0).sum()
    for number in reversed(range(len(labels))) if is_newest_first else range(len(labels)):
        label = labels[number]
        instants[number], reason = _of_label(day, label, zone_name, (seen[label], alike[label]))
        seen[label] += 1
        if reason:
            reasons[number] = reason
    return instants, reasons


def _is_ordered(minutes: Any, back: int) -> bool:
    """Whether the labels go on, but for one step back where the clock went back."""
    steps = np.diff(minutes)
    return bool(np.all((steps >= 0) | (steps == back)) and (steps < 0).sum() <= 1)


def _of_label(day: pd.Timestamp, label: float, zone_name: str, which: tuple[int, int]) -> tuple[Any, str]:
    """The instant of a label of a day with holes, the ``which[0]``-th of ``which[1]`` alike; or why there is none."""
    fold, alike = which
    if label >= DAY_MINUTES:
        return pd.NaT, NONE
    naive = (day + timedelta(minutes=label)).to_pydatetime()
    instants = [naive.replace(tzinfo=zone(zone_name), fold=each).astimezone(timezone.utc) for each in (0, 1)]
    if instants[0].astimezone(zone(zone_name)).replace(tzinfo=None) != naive:
        return pd.NaT, NONE
    if instants[0] == instants[1]:
        return pd.Timestamp(instants[0]), ""
    if alike != 2:
        return pd.NaT, TWICE
    return pd.Timestamp(instants[fold]), ""
