"""The feature table: one row an issue instant and hour to forecast, with what was known then.

One model serves a flat and a solar park alike, because it learns ``target = (value - anchor) / unit``: for the sun
the share of the plant's size, for people and prices the departure from what is usual at the hour, in units of the
series' own volatility. Features are on the same scale. What is not known is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from batch_layer.forecasting.features import lags
from batch_layer.forecasting.features.calendar_features import day_features, season_features
from batch_layer.forecasting.features.clock import wall_clock
from batch_layer.forecasting.features.lags import Hours, Past, mean
from batch_layer.forecasting.features.levels import past_features
from batch_layer.forecasting.features.linear import own_forecast
from batch_layer.forecasting.features.site import Site
from batch_layer.forecasting.features.sun_features import sun_features
from batch_layer.forecasting.features.weather import column, weather_features
from batch_layer.forecasting.quantity import Quantity

KEYS = ["series_id", "issued_at", "time"]
WITHHELD = "withheld"
"""Days of history kept from a row, to learn from what a meter whose data arrive late would have shown; 0: none."""
OFF = "off"
"""Whether the plant stood off for days in the hour: its outcome is zero, and nothing to learn from."""
HISTORY_AGE = "history_age"
"""Feature: whole days between the issue and the end of the known history."""
NOT_FEATURES = [*KEYS, "value", "anchor", "unit", "dark", "naive", "last_week", "ceiling", WITHHELD, OFF]
"""Columns that say what a row is about, not what the model may look at. ``value`` is the outcome, NaN if unknown;
``anchor`` and ``unit`` make it the target; ``dark`` marks hours without sun; ``naive`` and ``last_week`` are the naive
forecasts, ``ceiling`` the capacity, all in the series' own unit."""
LEVELS = (
    *("day_1", "day_2", "day_3", "days_3", "days_7", "days_28", "low_28", "high_28", "week_1", "week_2", "weeks"),
    *("before_day_1", "before_days_7", "after_day_1", "after_days_7", "last_hour", "last_3_hours", "last_6_hours"),
    *("last_day", "last_week_level", "alike_1", "alike", "clear_days"),
)
"""Features that are levels of the series, taken as departures from ``anchor`` where the target is one."""
DIFFERENCES = ("spread_7", "evening_change")
OWN_LINEAR = "own_linear"
"""Feature: the target as the series' own linear model forecasts it."""
OWN_LINEAR_COLUMNS = (*LEVELS, *DIFFERENCES, "baseline", "elevation", "clear")
WITHOUT_PAST = ("horizon", "hour", "season_cos", "season_sin", "elevation", "sun_azimuth", "clear")
"""Features, beside the weather's, that a plant has before it has generated."""
LEAST_UNIT = 0.02
"""Volatility, as a share of the series' size, below which a series is taken for no calmer."""


@dataclass(frozen=True)
class Series:
    """One series: ``history`` is hourly and gapless (UTC), see :func:`history.hourly`."""

    series_id: str
    quantity: Quantity
    history: pd.Series
    site: Site
    weather: pd.DataFrame | None = None
    """``issued_at``, ``time`` and numeric columns."""
    outcomes: pd.Series | None = None
    """The outcome of each hour, where it reaches further than ``history``."""

    @property
    def zone(self) -> str | None:
        """The zone by whose clock the series lives; the sun has none."""
        return None if self.quantity.sun else self.site.zone


def feature_rows(
    series: Series, issues: pd.DatetimeIndex, horizon: int, withheld: NDArray[Any] | None = None
) -> pd.DataFrame:
    """Features of the ``horizon`` hours after each of ``issues`` (UTC), from what was known at each.

    ``withheld`` are the days of history that each issue does without. Only the label column ``value`` looks beyond the
    issue.
    """
    issue = issues.repeat(horizon)
    hour = np.tile(np.arange(horizon), len(issues))
    times = issue + pd.to_timedelta(hour, unit="h")
    hidden = np.zeros(len(times), dtype=np.int64) if withheld is None else withheld.repeat(horizon)
    past, clock = _past(series.history, series.zone), wall_clock(times, series.zone)
    known = past.position(wall_clock(issue, series.zone).to_numpy()) - 24 * hidden
    age = lags.age_days(past, known)
    limit = known - 24 * age
    hours = Hours(past, past.position(clock.to_numpy()), limit, _scale(past, limit, series.quantity, series.site))
    about = {
        "series_id": np.full(len(times), series.series_id),
        "issued_at": issue,
        "time": times,
        **_labels(series, times, hours, known),
        "ceiling": np.full(len(times), np.nan if series.site.capacity is None else series.site.capacity),
        WITHHELD: hidden.astype(float),
        "horizon": hour.astype(float),
    }
    frame = _features(series, times, clock, hours, age + hidden)
    if series.weather is not None and len(series.weather):
        frame |= weather_features(series.weather, issues, horizon)
    answer: pd.DataFrame = pd.DataFrame(about | frame)
    return answer


def _features(
    series: Series, times: pd.DatetimeIndex, clock: pd.DatetimeIndex, hours: Hours, age: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    """Features of the past, the calendar and the sun for ``hours``, with ``anchor``, ``unit`` and ``dark``."""
    frame = past_features(hours) | season_features(clock)
    if series.quantity.sun:
        frame |= {HISTORY_AGE: age.astype(float)} | sun_features(times, series.site, hours)
        return {"anchor": np.zeros(len(times)), "unit": hours.scale} | frame
    frame |= day_features(clock, series.zone, hours, age)
    frame |= {HISTORY_AGE: age.astype(float), "dark": np.zeros(len(times), dtype=bool)}
    baseline, volatility = _baseline(frame, hours), _unit(frame)
    frame = _relative(frame, baseline, volatility) | {"baseline": baseline}
    return {"anchor": baseline * hours.scale, "unit": volatility * hours.scale} | frame


def _labels(series: Series, times: pd.DatetimeIndex, hours: Hours, known: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """The outcome of each hour and its naive forecasts, from what ``outcomes`` held before the positions ``known``."""
    outcomes = series.history if series.outcomes is None else series.outcomes
    known_outcomes = hours.past if series.outcomes is None else _past(outcomes, series.zone)
    value = outcomes.reindex(times).to_numpy()
    limit = known - 24 * lags.age_days(known_outcomes, known)
    return {
        "value": value,
        "naive": lags.naive(known_outcomes, hours.target, limit),
        "last_week": lags.last_week(known_outcomes, hours.target, limit),
        OFF: ~np.isnan(value) & np.isnan(series.history.reindex(times).to_numpy()),
    }


def with_own_linear(
    table: pd.DataFrame, daily: pd.DataFrame, quantity: Quantity, weather: Sequence[str] = ()
) -> pd.DataFrame:
    """``table`` with feature ``OWN_LINEAR``, learnt from ``daily``: 24 rows for every issue up to the last."""
    target = ((daily["value"] - daily["anchor"]) / daily["unit"]).where(~daily["dark"] & ~daily[OFF]).to_numpy()
    columns = [*OWN_LINEAR_COLUMNS, *(column(name) for name in weather)]
    part = 2 if quantity.sun else 4
    own = own_forecast(daily, table, target, columns, part)
    late = (table[HISTORY_AGE] > 0).to_numpy()
    if late.any():  # levels of late say less than the line has learnt of fresh ones
        columns = [name for name in columns if name not in (*LEVELS, *DIFFERENCES)]
        own[late] = own_forecast(daily, table[late], target, columns, part)
    whole: pd.DataFrame = table.assign(**{OWN_LINEAR: own})
    return whole


def _relative(frame: dict[str, NDArray[Any]], usual: NDArray[Any], volatility: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Levels as departures from what is usual, in units of volatility; differences in those units."""
    shift = {**dict.fromkeys(LEVELS, usual), **dict.fromkeys(DIFFERENCES, np.zeros_like(usual))}
    return {name: (values - shift[name]) / volatility if name in shift else values for name, values in frame.items()}


def _baseline(frame: dict[str, NDArray[Any]], hours: Hours) -> NDArray[Any]:
    """The usual value of the hour on such a day; an old one where nothing newer is known."""
    usual = np.where(np.isnan(frame["alike_4"]), frame["days_28"], frame["alike_4"])
    lost = np.isnan(usual)
    if lost.any():
        past, target, limit, scale = hours.of(lost)
        usual[lost] = mean(lags.same_hour(past, target, limit, 400)) / scale
    return np.nan_to_num(usual)


def _unit(frame: dict[str, NDArray[Any]]) -> NDArray[Any]:
    return np.maximum(np.nan_to_num(frame["volatility"], nan=0.5), LEAST_UNIT)


def _past(history: pd.Series, zone: str | None) -> Past:
    clock = wall_clock(pd.DatetimeIndex(history.index), zone)
    grid = pd.Series(history.to_numpy(), index=clock).groupby(level=0).mean().asfreq("h")
    return Past(grid.index.to_numpy()[0], grid.to_numpy())


def _scale(past: Past, limit: NDArray[Any], quantity: Quantity, site: Site) -> NDArray[Any]:
    """Size of the series at each issue: capacity where known, else from the last 28 (the sun: 60) known days."""
    if quantity.sun and site.capacity is not None:
        return np.full(len(limit), site.capacity)
    unique, inverse = np.unique(limit, return_inverse=True)
    size = np.full(len(unique), np.nan)
    for i, at in enumerate(unique):
        known = past.values[max(0, at - (1440 if quantity.sun else 672)) : max(0, at)]
        known = np.abs(known[~np.isnan(known)])
        if known.size:
            size[i] = np.quantile(known, 0.995) if quantity.sun else known.mean()
        elif np.any(~np.isnan(past.values[: max(0, at)])):  # long silent: as large as it ever was
            size[i] = np.nanquantile(np.abs(past.values[:at]), 0.995 if quantity.sun else 0.5)
    size[size <= 0] = np.nan
    return size[inverse]
