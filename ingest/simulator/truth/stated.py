"""Statements of a distributor, by a seed: whole local days, late, and some of them estimated at first."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, timezone
from typing import NamedTuple

from energy.calendar import MADRID, day_start, local_day
from energy.energy_row import QUARTER

HOUR = timedelta(hours=1)
USUAL_DAYS = 2
"""A day is out so many days later, at midnight of Madrid."""
LATE, LATER_DAYS = 0.1, 3
"""The share of days that are out later, and by how many days at most."""
ESTIMATED, TOO_LOW, CORRECTED_DAYS = 0.08, 0.8, (20, 35)
"""The share of days estimated at first, what is then stated of their energy, and after how many days they are right."""
DOWN = 0.05
"""The share of mornings on which the service answers nobody."""


class Hour(NamedTuple):
    """Energy of an hour, in Wh."""

    imported: float
    exported: float
    self_consumed: float


class Stated(NamedTuple):
    """An hour as it is stated; whether it was measured."""

    hour: Hour
    is_measured: bool


class Distributor:
    """The distributor of the supply ``name``, by ``seed``; ``hours`` (UTC) are true."""

    def __init__(self, name: str, seed: int, hours: Mapping[datetime, Hour]) -> None:
        self._name, self._hours = f"{seed} {name}", hours

    @property
    def first(self) -> date:
        """The first local day of which every hour is known."""
        return (min(self._hours) - timedelta(microseconds=1)).astimezone(MADRID).date() + timedelta(days=1)

    def out_at(self, day: date) -> datetime:
        """The instant at which the local ``day`` is out (UTC)."""
        chance = random.Random(f"{self._name} late {day}")  # noqa: S311  no secret
        late = chance.randint(1, LATER_DAYS) if chance.random() < LATE else 0
        return day_start(day + timedelta(days=USUAL_DAYS + late), MADRID)

    def corrected_at(self, day: date) -> datetime | None:
        """The instant at which the local ``day`` is stated rightly (UTC); None where it is from the beginning."""
        chance = random.Random(f"{self._name} estimated {day}")  # noqa: S311  no secret
        if chance.random() >= ESTIMATED:
            return None
        return self.out_at(day) + timedelta(days=chance.randint(*CORRECTED_DAYS))

    def stated(self, day: date, at: datetime) -> dict[datetime, Stated]:
        """The hours (UTC) of the local ``day`` as they are stated ``at`` an instant; none where it is not out."""
        begin, end = local_day(day, MADRID)
        starts = [begin + n * HOUR for n in range((end - begin) // HOUR)]
        if at < self.out_at(day) or not all(start in self._hours for start in starts):
            return {}
        corrected = self.corrected_at(day)
        if corrected is None or at >= corrected:
            return {start: Stated(self._hours[start], True) for start in starts}
        lower = {start: Hour(*(TOO_LOW * value for value in self._hours[start])) for start in starts}
        return {start: Stated(hour, False) for start, hour in lower.items()}


def is_down(seed: int, at: datetime) -> bool:
    """Whether the service answers nobody ``at`` an instant: on some mornings it does not."""
    local = at.astimezone(MADRID)
    return local.time() < time(12) and random.Random(f"{seed} down {local.date()}").random() < DOWN  # noqa: S311


def hours(truth: Mapping[tuple[str, datetime], float]) -> dict[datetime, Hour]:
    """The whole hours (UTC) of one installation's ``truth`` (Wh, by quantity and quarter-hour)."""
    starts = sorted({start for _, start in truth if start.minute == 0})
    return {start.astimezone(timezone.utc): _hour(truth, start) for start in starts}


def _hour(truth: Mapping[tuple[str, datetime], float], start: datetime) -> Hour:
    quarters = [start + n * QUARTER for n in range(4)]
    imported, exported, used = (
        sum(truth[quantity, each] for each in quarters) for quantity in ("import", "export", "consumption")
    )
    return Hour(imported, exported, max(0.0, used - imported))
