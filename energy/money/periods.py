"""Energy periods of the Spanish access tariffs (Circular CNMC 3/2020, art. 7) by territory, season and day off.

Hours are those of the customer's clock: in Canarias those of Atlantic/Canary. On Saturdays, Sundays and the national
holidays that have a fixed date and can't be moved the whole day has the cheapest period. So Good Friday is a working
day. Which hours and days those are stands in ``conf/tariffs/periods.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from energy.calendar import CANARY, MADRID

TERRITORIES: Mapping[str, tzinfo] = {
    "peninsula": MADRID,
    "baleares": MADRID,
    "canarias": CANARY,
    "ceuta": MADRID,
    "melilla": MADRID,
}
SATURDAY = 5


@dataclass(frozen=True)
class Periods:
    """The periods of one access tariff in one territory."""

    zone: tzinfo
    months: tuple[tuple[str, ...], ...]
    """The period of each hour of a working day, from January on."""
    off: str
    """The period of days off."""
    days_off: frozenset[tuple[int, int]]
    """(month, day) that are off besides the week-ends."""

    def is_day_off(self, day: date) -> bool:
        """Whether the local ``day`` has one period from its first to its last hour."""
        return day.weekday() >= SATURDAY or (day.month, day.day) in self.days_off

    def at(self, instant: datetime) -> str:
        """The period, as ``P1``, at the aware ``instant``."""
        local = instant.astimezone(self.zone)
        if self.is_day_off(local.date()):
            return self.off
        return self.months[local.month - 1][local.hour]
