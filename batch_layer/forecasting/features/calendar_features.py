"""Features of the calendar: the hour, the season, and the usual value on days of the same kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from batch_layer.forecasting.features import lags
from batch_layer.forecasting.features.clock import day_types
from batch_layer.forecasting.features.lags import Hours, mean
from batch_layer.forecasting.features.levels import mean_of_first


def season_features(clock: pd.DatetimeIndex) -> dict[str, NDArray[Any]]:
    """Hour of the day, and the day of the year as a point on a circle, of wall-clock times."""
    angle = 2 * np.pi * (clock.dayofyear.to_numpy() - 1) / 365.25
    return {
        "hour": clock.hour.to_numpy(dtype=float),
        "season_cos": np.cos(angle),
        "season_sin": np.sin(angle),
    }


def day_features(clock: pd.DatetimeIndex, zone: str | None, hours: Hours, age: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Kinds of day of wall-clock times in ``zone``, and the series on days of that kind, as shares of its size.

    Days less than ``age`` old are not known.
    """
    back = np.arange(1, 36)[None, :] + age[:, None]
    days = pd.date_range(clock.min().floor("D") - pd.Timedelta(days=int(back.max())), clock.max(), freq="D")
    type_of = day_types(days, zone)
    day = ((clock.to_numpy() - days.to_numpy()[0]) / np.timedelta64(1, "D")).astype(int)
    types, types_then = type_of[day], type_of[day[:, None] - back]
    values = hours.past.at(hours.target[:, None] - 24 * back, hours.limit[:, None]) / hours.scale[:, None]
    alike = np.where(types_then == types[:, None], values, np.nan)
    return {
        "weekday": clock.dayofweek.to_numpy(dtype=float),
        "day_type": types.astype(float),
        "day_type_before": types_then[:, 0].astype(float),
        "alike_1": lags.first_known(alike),
        "alike": mean(alike),
        "alike_4": mean_of_first(alike, 4),
    }
