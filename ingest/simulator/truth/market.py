"""The prices of a world's days by a seed, EUR/MWh: day-ahead market, PVPC and surplus, and when they are out."""

from __future__ import annotations

import math
import random
from datetime import date, datetime, time, timedelta
from statistics import fmean

from energy.calendar import MADRID, local_day

HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
QUARTERS_SINCE = date(2025, 10, 1)
"""The delivery day from which on the market's periods are quarter-hours."""
SPOT_OUT, AGAIN_OUT, PVPC_OUT = time(13, 50), time(15, 0), time(20, 20)
"""Times of the eve in Madrid: the market's prices, their second version where there is one, both others."""
REPUBLISHED = 0.2
"""The share of days of which a second version corrects the first."""
FEE = {"PCB": 60.0, "CYM": 61.5}
"""The part of the PVPC beside half of the market: peninsula and islands, Ceuta and Melilla."""


class Market:
    """Prices of local days of Madrid: whole cents, below 0 at times, one a period in order of time."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def _chance(self, what: str, day: date) -> random.Random:
        return random.Random(f"{self._seed} {what} {day}")  # noqa: S311  no secret

    def starts(self, day: date, hourly: bool = False) -> list[datetime]:
        """The beginnings (UTC) of the periods of ``day``: 23, 24 or 25 hours, or four times as many quarter-hours."""
        begin, end = local_day(day, MADRID)
        length = HOUR if hourly or day < QUARTERS_SINCE else QUARTER
        return [begin + n * length for n in range((end - begin) // length)]

    def spot(self, day: date, version: int = 2) -> list[float]:
        """Spain's; the first ``version`` of a day that is republished has one price ten times too high."""
        chance = self._chance("spot", day)
        level = chance.uniform(10.0, 70.0)
        prices = [round(level + _shape(start) + chance.gauss(0, 3.0), 2) for start in self.starts(day)]
        if version == 1 and self.is_republished(day):
            prices[len(prices) // 2] = round(prices[len(prices) // 2] * 10, 2)
        return prices

    def portugal(self, day: date, version: int = 2) -> list[float]:
        """Portugal's: the same but in two periods, where the line between the two is full."""
        prices, chance = self.spot(day, version), self._chance("portugal", day)
        for period in chance.sample(range(len(prices)), 2):
            prices[period] = round(prices[period] - chance.uniform(0.5, 9.0), 2)
        return prices

    def is_republished(self, day: date) -> bool:
        """Whether the market's prices of ``day`` have a second version."""
        return self._chance("again", day).random() < REPUBLISHED

    def hourly(self, day: date) -> list[float]:
        """The means of each hour of the market."""
        prices, hours = self.spot(day), len(self.starts(day, hourly=True))
        each = len(prices) // hours
        return [fmean(prices[at : at + each]) for at in range(0, len(prices), each)]

    def pvpc(self, day: date, column: str = "PCB") -> list[float]:
        """The regulated price of each hour."""
        return [round(0.5 * spot + FEE[column], 2) for spot in self.hourly(day)]

    def surplus(self, day: date) -> list[float]:
        """The worth of surplus in each hour under it."""
        return [round(spot - 0.75, 2) for spot in self.hourly(day)]


def out_at(day: date, at: time) -> datetime:
    """The instant at which the prices of ``day`` are out that are published ``at`` on the eve."""
    return datetime.combine(day - timedelta(days=1), at, MADRID)


def _shape(start: datetime) -> float:
    """Two peaks by the clock, and a valley at noon."""
    hour = start.astimezone(MADRID).hour
    bumps = ((9, 15.0), (21, 25.0), (15, -30.0))
    return sum(height * math.exp(-((hour - top) ** 2) / 7) for top, height in bumps)
