"""Features of a series' own past at an issue instant: lags, rolling means at the hour, levels.

The one rule against leakage stands in :meth:`Past.at`: a position at or after the issue's is not known.
All values are in units of the series, divided by its scale by the caller.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

DAYS_BACK = 28
WEEKS_BACK = 5
LATEST_DAYS = 60
"""A history that ended at most so many days ago still says how much is usual; an older one is of another season."""
HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True)
class Past:
    """A series on a gapless hourly clock grid, NaN where nothing is known; ``origin`` is its first hour."""

    origin: np.datetime64
    values: NDArray[Any]

    def position(self, clock: NDArray[Any]) -> NDArray[Any]:
        """Grid positions of wall-clock times."""
        return ((clock - self.origin) / HOUR).astype(np.int64)

    def at(self, positions: NDArray[Any], limit: NDArray[Any]) -> NDArray[Any]:
        """Values at ``positions``, NaN outside the grid and from ``limit`` (the issue's position) on."""
        known = (positions >= 0) & (positions < len(self.values)) & (positions < limit)
        return np.where(known, self.values[np.where(known, positions, 0)], np.nan)


class Hours(NamedTuple):
    """Hours to forecast, as seen from their issues; each array has a value an hour."""

    past: Past
    target: NDArray[Any]
    """Position of the hour on the grid of ``past``."""
    limit: NDArray[Any]
    """Position from which on nothing is known."""
    scale: NDArray[Any]
    """Size of the series at the issue, in its own unit."""

    def of(self, rows: NDArray[Any]) -> Hours:
        """The hours alone for which ``rows`` is true."""
        return Hours(self.past, self.target[rows], self.limit[rows], self.scale[rows])


def age_days(past: Past, limit: NDArray[Any]) -> NDArray[Any]:
    """Whole days between each issue and the end of what is known before it; 0 where that is over ``LATEST_DAYS``."""
    known = np.flatnonzero(~np.isnan(past.values))
    newest = np.searchsorted(known, limit) - 1
    end = np.where(newest >= 0, known[np.maximum(newest, 0)] + 1, 0) if known.size else np.zeros_like(limit)
    age = (limit - end) // 24
    return np.where((newest >= 0) & (age <= LATEST_DAYS), age, 0)


def mean(values: NDArray[Any]) -> NDArray[Any]:
    """Mean over the last axis of what is there, NaN where nothing is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        answer: NDArray[Any] = np.nanmean(values, axis=-1)
        return answer


def first_known(values: NDArray[Any]) -> NDArray[Any]:
    """First value along the last axis that is there."""
    index = np.argmax(~np.isnan(values), axis=-1)
    return np.take_along_axis(values, index[..., None], axis=-1)[..., 0]


def same_hour(past: Past, target: NDArray[Any], limit: NDArray[Any], days: int = DAYS_BACK) -> NDArray[Any]:
    """Values at the target's hour on the last ``days`` known days, newest first; shape (rows, days)."""
    first = -(-(target - limit + 1) // 24)  # the fewest whole days back that are known
    steps = first[:, None] + np.arange(days)[None, :]
    return past.at(target[:, None] - 24 * steps, limit[:, None])


def same_weekday(past: Past, target: NDArray[Any], limit: NDArray[Any], weeks: int = WEEKS_BACK) -> NDArray[Any]:
    """Values at the target's hour in the last ``weeks`` known weeks, newest first; shape (rows, weeks)."""
    first = -(-(target - limit + 1) // 168)
    steps = first[:, None] + np.arange(weeks)[None, :]
    return past.at(target[:, None] - 168 * steps, limit[:, None])


def last_hours(past: Past, limit: NDArray[Any], hours: int, back: int = 0) -> NDArray[Any]:
    """The ``hours`` hours before the issue, or before the instant ``back`` hours earlier; newest first."""
    return past.at(limit[:, None] - 1 - back - np.arange(hours)[None, :], limit[:, None])


def naive(past: Past, target: NDArray[Any], limit: NDArray[Any]) -> NDArray[Any]:
    """Same hour of the last known day, the nearest earlier one where that hour is missing."""
    return first_known(same_hour(past, target, limit, 14))


def last_week(past: Past, target: NDArray[Any], limit: NDArray[Any]) -> NDArray[Any]:
    """Same hour one week before, the nearest earlier week where that hour is missing."""
    return first_known(same_weekday(past, target, limit, 4))
