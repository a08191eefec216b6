"""The greatest power of each month and period that the meter showed (get-max-power): table ``max_power``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any, NamedTuple

from energy.calendar import day_start, zone
from ingest.sources.datadis.forms import stated_number
from ingest.sources.datadis.monthly import Asked, Kind
from ingest.sources.datadis.registered import Table
from ingest.sources.source import Record, Unreadable

PERIODS = {"PUNTA": "P1", "LLANO": "P2", "VALLE": "P3"}
MOST_TIMES = 20
"""Times the contracted power that no supply takes: the number is of watts."""


class Maximum(NamedTuple):
    """The greatest power of a period (of energy, P1 to P6), and when it was shown (UTC)."""

    period: str
    power_w: float
    at: datetime | None
    """None where the clocks skip the time that is stated."""


def maxima(rows: Iterable[Any], asked: Asked, unreadable: Unreadable) -> list[Record]:
    """The greatest of each period in an answer's rows, in order; what can't be read goes to ``unreadable``.

    Some distributors state watts, others kW: told apart by the greatest, against what is contracted.
    """
    read = []
    for row in rows:
        found = _row(row, asked.month, asked.time_zone)
        if found is None:
            unreadable.add(row)
        else:
            read.append(found)
    is_kw = max((each.power_w for each in read), default=0.0) <= MOST_TIMES * asked.contracted_kw
    greatest: dict[str, Maximum] = {}
    for each in read:
        scaled = each._replace(power_w=round(each.power_w * 1000, 3) if is_kw else each.power_w)
        if each.period not in greatest or scaled.power_w > greatest[each.period].power_w:
            greatest[each.period] = scaled
    return [greatest[period]._asdict() for period in sorted(greatest)]


MAXIMA = Kind("power", "get-max-power-v2", Table("max_power", ("power_w", "at")), maxima)


def _row(row: Any, month: date, zone_name: str) -> Maximum | None:
    """The row with its number as it is stated; None for one of blanks, of another month, or without a period."""
    if not isinstance(row, Mapping):
        return None
    power, name = stated_number(row.get("maxPower")), str(row.get("period") or "").strip().upper()
    period = PERIODS.get(name) or (f"P{name[-1]}" if re.fullmatch(r"P?[1-6]", name) else None)
    shown = re.fullmatch(r"(\d{4})/(\d{2})/(\d{2}) (\d{1,2}):(\d{2})", f"{row.get('date')} {row.get('time')}")
    if power is None or period is None or shown is None:
        return None
    year, number_of_month, day, hour, minute = map(int, shown.groups())
    if (year, number_of_month) != (month.year, month.month) or hour > 24 or minute > 59 or hour * 60 + minute > 1440:
        return None
    try:
        return Maximum(period, power, _instant(date(year, number_of_month, day), hour * 60 + minute, zone_name))
    except ValueError:
        return None


def _instant(day: date, minutes: int, zone_name: str) -> datetime | None:
    """The instant (UTC) at which the clocks show it; of two the first; None where they skip it."""
    clock = zone(zone_name)
    if minutes == 1440:
        return day_start(day + timedelta(days=1), clock)
    naive = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60)  # noqa: DTZ001  a local time
    at = naive.replace(tzinfo=clock).astimezone(timezone.utc)
    return at if at.astimezone(clock).replace(tzinfo=None) == naive else None
