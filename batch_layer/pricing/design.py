"""The known prices of a series at each origin, laid out day by day for the models.

An origin is the first hour that is not known. Of each the 24 hours of a block are forecast: block 0 begins at the
origin, block 1 a day later. Prices follow the wall clock, so each recent day is laid out by local hour, newest first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from batch_layer.forecasting.features.clock import day_types, wall_clock
from batch_layer.forecasting.features.weather import as_known, variables
from energy.calendar import MADRID

DAYS_BACK = 28
HOURS = np.arange(24)
HOUR, DAY = pd.Timedelta("1h"), pd.Timedelta("1D")
LONGEST_GAP_DAYS = 7
ZONE = MADRID.key
"""Clock and holidays of the Iberian market."""
LEAST_WEATHER = 0.5
"""Share of the hours learnt from whose weather must be known for models that look at it."""


@dataclass(frozen=True)
class Design:
    """Arrays of ``n`` origins (UTC) and their 24 hours; EUR/MWh, or the series' own unit.

    ``recent[i, k, h]`` is the price at local hour ``h`` of the ``k``-th day that ended at the origin; ``last[i, j]``
    that of the ``j``-th hour before it; ``target`` what came, NaN where that is not known. ``kinds[i, k]`` is the day
    type of the forecast day (k = 1), of the day after (0) and of those before. ``weather`` is None without any.
    """

    origins: pd.DatetimeIndex
    times: NDArray[Any]
    target: NDArray[Any]
    recent: NDArray[Any]
    last: NDArray[Any]
    hour: NDArray[Any]
    weekday: NDArray[Any]
    kind: NDArray[Any]
    kinds: NDArray[Any]
    season: NDArray[Any]
    weather: NDArray[Any] | None

    @property
    def naive(self) -> NDArray[Any]:
        """Same hour of the last known day."""
        return np.take_along_axis(self.recent[:, 0], self.hour, axis=1)

    @property
    def has_weather(self) -> bool:
        """Whether enough of its weather is known."""
        return self.weather is not None and bool((~np.isnan(self.weather)).mean() >= LEAST_WEATHER)

    def rows(self, chosen: NDArray[Any]) -> Design:
        """The design of some origins alone."""
        parts = {name: value[chosen] for name, value in vars(self).items() if value is not None}
        return Design(**{"weather": None} | parts)

    def ended_before(self, instant: pd.Timestamp) -> NDArray[Any]:
        """Mask of the origins whose 24 hours were all over at ``instant`` (UTC)."""
        ends = self.times[:, -1] + np.timedelta64(1, "h")
        return np.asarray(ends <= instant.to_datetime64())

    def without_weather(self) -> Design:
        """The same, as one who does not look at the weather knows it."""
        return replace(self, weather=None)


def lay_out(
    values: pd.Series,
    origins: pd.DatetimeIndex,
    zone: str | None,
    block: int = 0,
    weather: pd.DataFrame | None = None,
) -> Design:
    """The design of ``origins``, each with at least ``DAYS_BACK`` days before it in ``values``.

    ``values`` is hourly and gapless (UTC), NaN where nothing is known; ``weather`` has issued_at, time and numbers.
    """
    known = filled(values)
    first = ((origins - values.index[0]) / HOUR).astype(int).to_numpy()
    clock = wall_clock(pd.DatetimeIndex(values.index), zone).hour.to_numpy()
    position = first[:, None] + 24 * block + HOURS
    times = origins.tz_localize(None).to_numpy()[:, None] + (24 * block + HOURS).astype("timedelta64[h]")
    local = wall_clock(pd.DatetimeIndex(times.ravel(), tz="UTC"), zone)
    middle = local[12::24].normalize()
    around = middle.to_numpy()[:, None] - np.arange(-1, DAYS_BACK + 2).astype("timedelta64[D]")
    shape = position.shape
    there = position < len(values)
    return Design(
        origins,
        times,
        np.where(there, values.to_numpy()[np.where(there, position, 0)], np.nan),
        _by_local_hour(known, clock, first),
        known[first[:, None] - 1 - np.arange(48)],
        local.hour.to_numpy().reshape(shape),
        local.dayofweek.to_numpy().reshape(shape),
        day_types(local, zone).reshape(shape),
        day_types(pd.DatetimeIndex(around.ravel()), zone).reshape(around.shape),
        middle.dayofyear.to_numpy(),
        None if weather is None else _weather(weather, origins, block),
    )


def filled(values: pd.Series) -> NDArray[Any]:
    """Prices with gaps filled by the same hour of the day before, so that no later hour is looked at."""
    numbers = values.to_numpy(dtype=float).copy()
    for _ in range(LONGEST_GAP_DAYS):
        lost = np.isnan(numbers[24:])
        if not lost.any():
            break
        numbers[24:][lost] = numbers[:-24][lost]
    return np.asarray(pd.Series(numbers).ffill().to_numpy())


def _by_local_hour(known: NDArray[Any], clock: NDArray[Any], first: NDArray[Any]) -> NDArray[Any]:
    recent = np.full((len(first), DAYS_BACK, 24), np.nan)
    rows = np.arange(len(first))[:, None]
    for day in range(DAYS_BACK):
        position = first[:, None] - 24 * (day + 1) + HOURS
        recent[rows, day, clock[position]] = known[position]
    # A day on which the clocks change lacks an hour; its neighbour stands in.
    lost = np.isnan(recent)
    recent = np.where(lost, np.roll(recent, 1, axis=2), recent)
    return np.where(np.isnan(recent), np.roll(recent, -1, axis=2), recent)


def _weather(weather: pd.DataFrame, origins: pd.DatetimeIndex, block: int) -> NDArray[Any]:
    """The weather of each hour as issued by the origin, its mean over the day, and its change since the day before.

    Shape (n, 24, 3 × variables); NaN where nothing was issued.
    """
    names = variables(weather)
    first = 24 * block
    rows = as_known(weather, origins, first - 24, first + 24)[names].to_numpy(dtype=float)
    cube = rows.reshape(len(origins), 48, len(names))
    now, before = cube[:, 24:], cube[:, :24]
    with np.errstate(all="ignore"):
        there = ~np.isnan(now)
        count = np.maximum(there.sum(axis=1, keepdims=True), 1)
        mean = np.where(there, now, 0.0).sum(axis=1, keepdims=True) / count
        mean = np.where(there.any(axis=1, keepdims=True), mean, np.nan)
    return np.concatenate([now, np.broadcast_to(mean, now.shape), now - before], axis=2)
