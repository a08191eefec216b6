"""Levels of a series as known at an issue: recent days at the hour, weeks, the last evening, and how they vary."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from batch_layer.forecasting.features.lags import DAYS_BACK, Hours, Past, last_hours, mean, same_hour, same_weekday


def past_features(hours: Hours) -> dict[str, NDArray[Any]]:
    """Levels at ``hours`` as known at their issues, as shares of the series' size."""
    past, target, limit, scale = hours
    days = same_hour(past, target, limit) / scale[:, None]
    weeks = same_weekday(past, target, limit) / scale[:, None]
    before = same_hour(past, target - 1, limit, 7) / scale[:, None]
    after = same_hour(past, target + 1, limit, 7) / scale[:, None]
    return {
        "day_1": days[:, 0],
        "day_2": days[:, 1],
        "day_3": days[:, 2],
        "days_3": mean(days[:, :3]),
        "days_7": mean(days[:, :7]),
        "days_28": mean(days),
        "low_28": quantile(days, 0.1),
        "high_28": quantile(days, 0.9),
        "spread_7": spread(days[:, :7]),
        "week_1": weeks[:, 0],
        "week_2": weeks[:, 1],
        "weeks": mean(weeks),
        "before_day_1": before[:, 0],
        "before_days_7": mean(before),
        "after_day_1": after[:, 0],
        "after_days_7": mean(after),
        **{name: level / scale for name, level in _levels_at(past, limit).items()},
    }


def _levels_at(past: Past, limit: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Levels that are the same for every hour of an issue, in the series' own unit.

    ``volatility`` is the mean change from day to day over four weeks: one home differs from a thousand by it.
    """
    issues, inverse = np.unique(limit, return_inverse=True)
    recent = last_hours(past, issues, 24 * DAYS_BACK)
    week = np.stack([recent[:, 24 * d : 24 * d + 6] for d in range(1, 8)], axis=-1)
    evening = mean(recent[:, :6])
    levels = {
        "last_hour": recent[:, 0],
        "last_3_hours": mean(recent[:, :3]),
        "last_6_hours": evening,
        "last_day": mean(recent[:, :24]),
        "evening_change": evening - mean(week.reshape(len(week), -1)),
        "last_week_level": mean(recent[:, :168]),
        "volatility": mean(np.abs(recent[:, 24:] - recent[:, :-24])),
    }
    return {name: level[inverse] for name, level in levels.items()}


def spread(values: NDArray[Any]) -> NDArray[Any]:
    """Standard deviation over the last axis of what is there."""
    answer: NDArray[Any] = np.sqrt(mean((values - mean(values)[:, None]) ** 2))
    return answer


def quantile(values: NDArray[Any], level: float) -> NDArray[Any]:
    """Quantile over the last axis of what is there (nearest rank), NaN where nothing is."""
    ordered = np.sort(values, axis=-1)  # NaN last
    count = (~np.isnan(values)).sum(axis=-1)
    rank = np.floor(level * np.maximum(count - 1, 0) + 0.5).astype(int)
    return np.take_along_axis(ordered, rank[:, None], axis=-1)[:, 0]


def mean_of_first(values: NDArray[Any], count: int) -> NDArray[Any]:
    """Mean of the first ``count`` values along the last axis that are there."""
    rank = np.cumsum(~np.isnan(values), axis=-1)
    return mean(np.where(rank <= count, values, np.nan))
