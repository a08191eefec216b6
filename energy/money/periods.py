"""Energy periods of the Spanish access tariff 2.0TD (Circular CNMC 3/2020, art. 7.3).

P1 (punta) 10-14 and 18-22 h, P2 (llano) 8-10, 14-18 and 22-24 h, P3 (valle) 0-8 h, on working days; P3 all day on
Saturdays, Sundays, 6 January and the national holidays that have a fixed date and can't be moved. So Good Friday is
NOT P3. In Ceuta and Melilla P1 is 11-15 and 19-23 h, P2 8-11, 15-19 and 23-24 h. Hours are those of the customer's
clock: in Canarias the same hours of Atlantic/Canary.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

from energy.calendar import quarter_hours

P1, P2, P3 = "P1", "P2", "P3"
MADRID, CANARY = ZoneInfo("Europe/Madrid"), ZoneInfo("Atlantic/Canary")
TERRITORIES: Mapping[str, tzinfo] = {
    "peninsula": MADRID,
    "baleares": MADRID,
    "canarias": CANARY,
    "ceuta": MADRID,
    "melilla": MADRID,
}
HOLIDAYS = frozenset({(1, 1), (1, 6), (5, 1), (8, 15), (10, 12), (11, 1), (12, 6), (12, 8), (12, 25)})
"""(month, day) that are P3 all day, besides the week-ends."""

_NIGHT = [P3] * 8
_COMMON = (*_NIGHT, *[P2] * 2, *[P1] * 4, *[P2] * 4, *[P1] * 4, *[P2] * 2)
_AFRICA = (*_NIGHT, *[P2] * 3, *[P1] * 4, *[P2] * 4, *[P1] * 4, P2)


class UnknownTerritory(ValueError):
    """A territory that has no 2.0TD hours."""


def is_valley_day(day: date) -> bool:
    """Whether the local ``day`` is P3 from its first to its last hour."""
    return day.weekday() >= 5 or (day.month, day.day) in HOLIDAYS


def period_2_0td(instant: datetime, territory: str = "peninsula") -> str:
    """``P1``, ``P2`` or ``P3`` at the aware ``instant``. Raises :class:`UnknownTerritory`."""
    if territory not in TERRITORIES:
        raise UnknownTerritory(f"{territory!r} has no 2.0TD hours; use one of {', '.join(TERRITORIES)}")
    local = instant.astimezone(TERRITORIES[territory])
    if is_valley_day(local.date()):
        return P3
    return (_AFRICA if territory in ("ceuta", "melilla") else _COMMON)[local.hour]


def periods_2_0td(start: datetime, end: datetime, territory: str = "peninsula") -> dict[datetime, str]:
    """Period of every quarter-hour of ``start``..``end``, by its start (UTC)."""
    return {begin: period_2_0td(begin, territory) for begin in quarter_hours(start, end)}
