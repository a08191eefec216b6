"""Days of a history in a unit 1,000 times another, and the unit that each day's forecast is to be given in.

A day is compared with the days before it alone, so that later data never change what a forecast knew.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FACTOR = 1000.0
FEWEST_DAYS, LIKE_DAYS = 3, 14
"""Days that must precede a day before it is compared, and how many of them it is compared with."""
BEYOND = 1.5
"""A day scaled back peaks at most so many times beyond the greatest and the least peak of those days."""
LIKE_FACTOR, LIKE_STANDING, LIKE_SHAPE = 4.0, 0.5, 0.6
"""A day scaled back has half its hours within this factor of what those days had at the hour; where more than this
share of hours only repeat the one before, in the day or in those days, they must be as still as each other (a meter
that stood for weeks says nothing of a day on which it moves); and it rises and falls through the day as they do: the
least correlation of logarithms."""
STEPS = 1000
"""A smaller day on the greater days' own decimal grid, and of fewer steps than this, is a quiet day of one meter."""
LASTS_DAYS, RETURNS_DAYS = 7, 3
"""Days that another unit must last to be taken for the history's own, and that a former one needs to be so again."""


@dataclass(frozen=True)
class Units:
    """``factor``: what each day's values are multiplied by to be in the history's first unit; ``in_force``: what turns
    that unit into the one in force when the day began; ``now``: what turns it into the one in force at the end."""

    factor: NDArray[np.float64]
    in_force: NDArray[np.float64]
    now: float


def find_units(values: pd.Series) -> Units:
    """The units of each UTC day of hourly ``values``, by :data:`FACTOR` up or down."""
    days = values.to_frame("value").assign(day=values.index.floor("D"), hour=values.index.hour)  # type: ignore[attr-defined]
    hours = days.pivot(index="day", columns="hour", values="value").to_numpy()
    factors, in_force = np.ones(len(hours)), np.ones(len(hours))
    own, held, apart, odd = 1.0, {1.0}, 0, 0
    ordinary: list[NDArray[Any]] = []
    for i, day in enumerate(hours):
        in_force[i], factors[i] = own, 1 / own
        if not np.nanmax(day, initial=0.0) > 0:
            continue
        factor, is_sure = _unit_of(day, np.array(ordinary[-LIKE_DAYS:]), 1 / own)
        odd = 0 if is_sure else odd + 1
        if is_sure or odd >= LASTS_DAYS:
            factors[i] = factor
            ordinary.append(day * factor)
        apart = apart + 1 if factors[i] != 1 / own else 0
        if apart >= (RETURNS_DAYS if 1 / factors[i] in held else LASTS_DAYS):
            own, apart = 1 / factors[i], 0
            held.add(own)
    return Units(factors, in_force, own)


def _unit_of(day: NDArray[Any], before: NDArray[Any], usual: float) -> tuple[float, bool]:
    """The factor that puts ``day`` in the unit of the days ``before``: ``usual``, or 1,000 times up or down from there.

    The second value says whether one day alone makes that sure.
    """
    if len(before) < FEWEST_DAYS:
        return usual, True
    peaks = np.nanmax(before, axis=1)
    for factor in (usual, usual / FACTOR, usual * FACTOR):
        within = peaks.min() / BEYOND <= np.nanmax(day) * factor <= peaks.max() * BEYOND
        if within and (factor == usual or _is_alike(day * factor, before)):
            return factor, factor == usual or not _is_quiet(day, before / usual, factor / usual)
    return usual, False


def _is_quiet(day: NDArray[Any], before: NDArray[Any], factor: float) -> bool:
    """Whether the smaller of the two lies in whole steps of the greater's decimal grid, and in few of them."""
    small, great = (day, before) if factor > 1 else (before, day)
    steps = small[small > 0] / _step(great)
    return bool(np.allclose(steps, np.round(steps), atol=1e-6) and np.max(steps) < STEPS)


def _step(values: NDArray[Any]) -> float:
    """The coarsest of 1, 0.1, … 1e-6 that all of ``values`` are multiples of."""
    known = values[~np.isnan(values)]
    for places in range(7):
        scaled = known * 10.0**places
        if np.allclose(scaled, np.round(scaled), rtol=1e-12, atol=1e-6):
            return float(10.0**-places)
    return 1e-9


def _is_alike(day: NDArray[Any], before: NDArray[Any]) -> bool:
    """Whether a day's hours lie by and large where those of the days before do, and move from hour to hour as they."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an hour that is never known
        usual = np.nanmedian(before, axis=0)
    both = (day > 0) & (usual > 0)
    if both.sum() < FEWEST_DAYS or float(np.median(np.abs(np.log(day[both] / usual[both])))) > np.log(LIKE_FACTOR):
        return False
    shapes = np.log(day[both]), np.log(usual[both])
    if min(np.std(shape) for shape in shapes) < 1e-9 or np.corrcoef(*shapes)[0, 1] < LIKE_SHAPE:
        return False
    standing = _standing(day[None, :]), _standing(before)
    return max(standing) <= max(LIKE_STANDING, min(standing))


def _standing(days: NDArray[Any]) -> float:
    """Share of hours above zero that only repeat the hour before."""
    above = days[:, 1:] > 0
    return float((above & (days[:, 1:] == days[:, :-1])).sum() / max(above.sum(), 1))
