"""The windows of a bill as columns, and the prices and periods of its days beside them: a month is a few arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from energy.calendar import day_start
from energy.money.billing.days import Calendar, Day
from energy.money.netting import Net
from energy.money.periods import Periods

Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]


@dataclass(frozen=True)
class Columns:
    """The known windows of a bill in mWh, by their number in its days, and how many windows there are in all."""

    at: Whole
    grid: Whole
    surplus: Whole
    use: Whole | None
    """What was consumed; None where it is not known of every window."""
    is_measured: Truth
    windows: int
    imports: Whole | None = None
    """Import of each window's quarter-hours; None where it is not known of every window. So ``used``."""
    used: Whole | None = None

    def from_grid_alone(self) -> Columns | None:
        """The same use without generation or sharing; None where the use is not known."""
        if self.use is None:
            return None
        return Columns(self.at, self.use, np.zeros_like(self.use), self.use, self.is_measured, self.windows,
                       self.used, self.used)  # fmt: skip


def columns(of: Calendar, windows: Sequence[Net]) -> Columns:
    """The known ones of ``windows``, which begin where windows of the days do."""
    known = [window for window in windows if window.is_known]
    uses = [window.use for window in known if window.use is not None]
    return Columns(
        numbers_of(of, [window.start for window in known]),
        np.array([window.grid for window in known], np.int64),
        np.array([window.surplus for window in known], np.int64),
        np.array(uses, np.int64) if len(uses) == len(known) else None,
        np.array([window.is_measured for window in known], np.bool_),
        len(windows),
        _quarters([window.imports for window in known]),
        _quarters([window.used for window in known]),
    )


def _quarters(of: list[tuple[int, ...]]) -> Whole | None:
    return np.array(of, np.int64) if of and all(of) else None


def numbers_of(of: Calendar, starts: Sequence[datetime]) -> Whole:
    """The number of the window that holds each of ``starts`` (UTC), from 0 on."""
    first, window = day_start(of.first, of.zone), of.window
    return np.array([(start - first) // window for start in starts], np.int64)


@dataclass(frozen=True)
class Stretch:
    """Days on end under one contract and one row of each rule: the numbers of their windows, and the period of each."""

    day: Day
    """The first one."""
    start: datetime
    """UTC."""
    first: int
    """The number of the first window."""
    days: Whole
    """The day of each window, counted from the bill's first."""
    periods: Whole
    """From 0 on."""


def stretches(of: Calendar) -> Iterator[Stretch]:
    """The days of a bill in stretches, in order."""
    minutes, number = of.contract.conventions.netting_minutes, 0
    for _, group in groupby(enumerate(of.days), key=lambda each: _ruled(each[1])):
        together = list(group)
        periods = [periods_of_day(day.periods, day.date, minutes) for _, day in together]
        numbers = np.repeat([at for at, _ in together], [len(each) for each in periods])
        first = together[0][1]
        yield Stretch(first, day_start(first.date, of.zone), number, numbers, np.concatenate(periods))
        number += len(numbers)


def _ruled(day: Day) -> tuple[object, ...]:
    return id(day.contract), day.tolls, day.losses, day.excess


@lru_cache(maxsize=20_000)
def periods_of_day(periods: Periods, day: date, minutes: int) -> Whole:
    """The energy period, from 0 on, of each window of the local ``day``."""
    start, end, window = (
        day_start(day, periods.zone),
        day_start(day + timedelta(days=1), periods.zone),
        timedelta(minutes=minutes),
    )
    return np.array([int(periods.at(start + n * window)[1:]) - 1 for n in range((end - start) // window)], np.int64)
