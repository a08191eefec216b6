"""The feature table: one row an issue instant and hour to forecast, with what was known then.

Values are divided by ``scale``, the size of the series as known at the issue, so that one model serves a flat and
a solar park alike. What is not known is NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from batch_layer.forecasting import lags
from batch_layer.forecasting.clock import day_types, wall_clock
from batch_layer.forecasting.lags import Past, mean
from batch_layer.forecasting.quantity import Quantity
from batch_layer.forecasting.site import Site, sun
from batch_layer.forecasting.weather import AGE, as_known, column, variables

NIGHT_SEEN, NIGHT_SHARE = 9, 1e-4
"""Where the place is unknown an hour is night if it and its neighbours, known at least this often in two weeks, never
exceeded this share of the series' size."""
KEYS = ["series_id", "issued_at", "time"]
NOT_FEATURES = [*KEYS, "value", "scale", "dark", "naive", "last_week", "ceiling"]
"""Columns that say what a row is about, not what the model may look at. ``value`` is the outcome, NaN if unknown;
``dark`` marks hours without sun; ``naive`` and ``last_week`` are the naive forecasts, ``ceiling`` the capacity, all in
the series' own unit."""


def feature_rows(
    series_id: str,
    quantity: Quantity,
    history: pd.Series,
    issues: pd.DatetimeIndex,
    horizon: int,
    site: Site,
    weather: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Features of the ``horizon`` hours after each of ``issues`` (UTC), from what was known at each.

    ``history`` is hourly and gapless (see :func:`history.hourly`); ``weather`` has ``issued_at``, ``time`` and
    numeric columns. Only the label column ``value`` looks beyond the issue.
    """
    zone = None if quantity.sun else site.zone
    issue = issues.repeat(horizon)
    hour = np.tile(np.arange(horizon), len(issues))
    times = issue + pd.to_timedelta(hour, unit="h")
    clock = wall_clock(times, zone)
    past = _past(history, zone)
    target = past.position(clock.to_numpy())
    limit = past.position(wall_clock(issue, zone).to_numpy())
    scale = _scale(past, limit, quantity, site)
    frame = {
        "series_id": np.full(len(times), series_id),
        "issued_at": issue,
        "time": times,
        "value": history.reindex(times).to_numpy(),
        "scale": scale,
        "naive": lags.naive(past, target, limit),
        "last_week": lags.last_week(past, target, limit),
        "ceiling": np.full(len(times), np.nan if site.capacity is None else site.capacity),
        "horizon": hour.astype(float),
        **_past_features(past, target, limit, scale),
        **_calendar(clock, zone, past, target, limit, scale, quantity),
    }
    if quantity.sun:
        frame |= _sun_features(times, site, past, target, limit, scale)
    else:
        frame["dark"] = np.zeros(len(times), dtype=bool)
    if weather is not None and len(weather):
        frame |= _weather_features(weather, issues, horizon)
    answer: pd.DataFrame = pd.DataFrame(frame)
    return answer


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


def _past_features(
    past: Past, target: NDArray[Any], limit: NDArray[Any], scale: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    days = lags.same_hour(past, target, limit) / scale[:, None]
    weeks = lags.same_weekday(past, target, limit) / scale[:, None]
    before = lags.same_hour(past, target - 1, limit, 7) / scale[:, None]
    after = lags.same_hour(past, target + 1, limit, 7) / scale[:, None]
    recent = lags.last_hours(past, limit, 24) / scale[:, None]
    week = np.stack([lags.last_hours(past, limit, 6, 24 * d) for d in range(1, 8)], axis=-1) / scale[:, None, None]
    level = mean(recent)
    return {
        "day_1": days[:, 0],
        "day_2": days[:, 1],
        "day_3": days[:, 2],
        "days_3": mean(days[:, :3]),
        "days_7": mean(days[:, :7]),
        "days_28": mean(days),
        "low_28": _quantile(days, 0.1),
        "high_28": _quantile(days, 0.9),
        "spread_7": _std(days[:, :7]),
        "week_1": weeks[:, 0],
        "week_2": weeks[:, 1],
        "weeks": mean(weeks),
        "before_day_1": before[:, 0],
        "before_days_7": mean(before),
        "after_day_1": after[:, 0],
        "after_days_7": mean(after),
        "last_hour": recent[:, 0],
        "last_3_hours": mean(recent[:, :3]),
        "last_6_hours": mean(recent[:, :6]),
        "last_day": level,
        "evening_change": mean(recent[:, :6]) - mean(week.reshape(len(week), -1)),
        "last_week_level": mean(lags.last_hours(past, limit, 168)) / scale,
        "restlessness": _restlessness(past, limit) / scale,
    }


def _restlessness(past: Past, limit: NDArray[Any]) -> NDArray[Any]:
    """Mean change from one day to the next over the last four weeks: one home differs from a thousand by it."""
    unique, inverse = np.unique(limit, return_inverse=True)
    recent = lags.last_hours(past, unique, 24 * lags.DAYS_BACK)
    return mean(np.abs(recent[:, 24:] - recent[:, :-24]))[inverse]


def _std(values: NDArray[Any]) -> NDArray[Any]:
    answer: NDArray[Any] = np.sqrt(mean((values - mean(values)[:, None]) ** 2))
    return answer


def _quantile(values: NDArray[Any], level: float) -> NDArray[Any]:
    """Quantile over the last axis of what is there (nearest rank), NaN where nothing is."""
    ordered = np.sort(values, axis=-1)  # NaN last
    count = (~np.isnan(values)).sum(axis=-1)
    rank = np.floor(level * np.maximum(count - 1, 0) + 0.5).astype(int)
    return np.take_along_axis(ordered, rank[:, None], axis=-1)[:, 0]


def _calendar(
    clock: pd.DatetimeIndex,
    zone: str | None,
    past: Past,
    target: NDArray[Any],
    limit: NDArray[Any],
    scale: NDArray[Any],
    quantity: Quantity,
) -> dict[str, NDArray[Any]]:
    angle = 2 * np.pi * (clock.dayofyear.to_numpy() - 1) / 365.25
    found = {
        "hour": clock.hour.to_numpy(dtype=float),
        "season_cos": np.cos(angle),
        "season_sin": np.sin(angle),
    }
    if quantity.sun:
        return found
    types = day_types(clock, zone)
    back = np.arange(1, 36)
    then = clock.to_numpy()[:, None] - back[None, :].astype("timedelta64[D]")
    types_then = day_types(pd.DatetimeIndex(then.ravel()), zone).reshape(then.shape)
    values = past.at(target[:, None] - 24 * back[None, :], limit[:, None]) / scale[:, None]
    alike = np.where(types_then == types[:, None], values, np.nan)
    return found | {
        "weekday": clock.dayofweek.to_numpy(dtype=float),
        "day_type": types.astype(float),
        "day_type_before": types_then[:, 0].astype(float),
        "alike_1": lags.first_known(alike),
        "alike": mean(alike),
        "alike_4": _mean_of_first(alike, 4),
    }


def _mean_of_first(values: NDArray[Any], count: int) -> NDArray[Any]:
    """Mean of the first ``count`` values along the last axis that are there."""
    rank = np.cumsum(~np.isnan(values), axis=-1)
    return mean(np.where(rank <= count, values, np.nan))


def _sun_features(
    times: pd.DatetimeIndex, site: Site, past: Past, target: NDArray[Any], limit: NDArray[Any], scale: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    days = lags.same_hour(past, target, limit, 14) / scale[:, None]
    near = np.concatenate([lags.same_hour(past, target + s, limit, 14) for s in (-1, 0, 1)], axis=1)
    seen = (~np.isnan(near)).sum(axis=1) >= NIGHT_SEEN
    with np.errstate(invalid="ignore"):
        shone = (near > NIGHT_SHARE * scale[:, None]).any(axis=1)
    found = {"clear_days": _quantile(days, 1.0), "dark": seen & ~shone}
    sky = sun(pd.DatetimeIndex(times.unique()), site)
    if sky is None:
        return found
    here = sky.reindex(times)
    return found | {
        # A clock set wrong, or a place, must not hide hours in which the plant did generate.
        "dark": ~here["day"].to_numpy(dtype=bool) & ~shone,
        "elevation": here["elevation"].to_numpy(),
        "sun_azimuth": here["azimuth"].to_numpy(),
        "clear": here["clear"].to_numpy(),
    }


def _weather_features(weather: pd.DataFrame, issues: pd.DatetimeIndex, horizon: int) -> dict[str, NDArray[Any]]:
    known = as_known(weather, issues, -1, horizon + 1)
    names = variables(weather)
    cube = known[names].to_numpy(dtype=float).reshape(len(issues), horizon + 2, len(names))
    found = {AGE: known[AGE].to_numpy().reshape(len(issues), -1)[:, 1:-1].ravel()}
    for i, name in enumerate(names):
        for hours in (-1, 0, 1):
            found[column(name, hours)] = cube[:, 1 + hours : horizon + 1 + hours, i].ravel()
    return found
