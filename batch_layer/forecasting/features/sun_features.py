"""Features of the sun: a plant's recent output at the hour, the position of the sun, and the dark hours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from batch_layer.forecasting.features import lags
from batch_layer.forecasting.features.lags import Hours
from batch_layer.forecasting.features.levels import quantile
from batch_layer.forecasting.features.site import Site, sun

NIGHT_SEEN, NIGHT_SHARE = 9, 1e-4
"""An hour is night, where the place is unknown, if it and its neighbours, known at least this often in two weeks, never
exceeded this share of the series' size."""


def sun_features(times: pd.DatetimeIndex, site: Site, hours: Hours) -> dict[str, NDArray[Any]]:
    """Features of the hours ``times``, as shares of the size, and ``dark``: whether a plant gives nothing."""
    days = lags.same_hour(hours.past, hours.target, hours.limit, 14) / hours.scale[:, None]
    seen, shone = _shone(hours, 14)
    if not seen.all():  # little is known of late: the whole past tells
        rest = ~seen
        seen[rest], shone[rest] = _shone(hours.of(rest), 400)
    features = {"clear_days": quantile(days, 1.0), "dark": seen & ~shone}
    sky = sun(pd.DatetimeIndex(times.unique()), site)
    if sky is None:
        return features
    here = sky.reindex(times)
    return features | {
        # A clock set wrong, or a place, must not hide hours in which the plant did generate.
        "dark": ~here["day"].to_numpy(dtype=bool) & ~shone,
        "elevation": here["elevation"].to_numpy(),
        "sun_azimuth": here["azimuth"].to_numpy(),
        "clear": here["clear"].to_numpy(),
    }


def _shone(hours: Hours, days: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Whether the hour and those beside it are known often enough in the last ``days``, and whether the plant gave."""
    past, target, limit, scale = hours
    near = np.concatenate([lags.same_hour(past, target + s, limit, days) for s in (-1, 0, 1)], axis=1)
    with np.errstate(invalid="ignore"):
        return (~np.isnan(near)).sum(axis=1) >= NIGHT_SEEN, (near > NIGHT_SHARE * scale[:, None]).any(axis=1)
