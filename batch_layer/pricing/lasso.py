"""Lasso-estimated autoregression: one linear model a local hour over the whole profile of the last days.

Prices are centred, scaled and passed through asinh before, so that spikes do not rule the fit. Fitted over windows of
different length and averaged, for no single one is best
(Lago et al., "Forecasting day-ahead electricity prices", Applied Energy 293, 2021, describe model and practice).
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso

from batch_layer.forecasting.features.clock import SATURDAY, SUNDAY_OR_HOLIDAY
from batch_layer.pricing.design import Design

WINDOWS = (182, 364, 728)
"""Days learnt from."""
PROFILES = (0, 1, 2, 6)
"""The profiles of the last days that a model sees: the last three, and a week ago."""
MAD = 0.6745
PENALTY = 0.38
"""Weight of the coefficients' size against the error, in standard deviations of the target over √days: what few days
seem to say is believed less. Twice or half of it is hardly worse on the histories tried."""
BEYOND = 0.5
"""The distance, transformed, by which a forecast may lie outside the known prices."""


def forecast(known: Design, wanted: Design, window: int, lags: bool = True) -> NDArray[Any]:
    """Prices of ``wanted`` by models of the last ``window`` origins of ``known``; shape (n, 24).

    ``known`` holds only days whose outcome is in, oldest first. ``lags`` False: weather and calendar alone.
    """
    past = known.rows(np.flatnonzero(~np.isnan(known.target).any(axis=1))[-window:])
    centre = float(np.median(past.recent[:, 0]))
    spread = float(np.median(np.abs(past.recent[:, 0] - centre))) / MAD or 1.0

    def plain(prices: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(np.arcsinh((prices - centre) / spread))

    forecasts = np.full(wanted.target.shape, np.nan)
    common = [np.hstack([plain(_prices(d)), _calendar(d)] if lags else [_calendar(d)]) for d in (past, wanted)]
    for hour in range(24):
        inputs, asked = (_with_weather(c, d, hour) for c, d in zip(common, (past, wanted), strict=True))
        fitted = _fit(inputs, plain(past.target[:, hour]), asked)
        forecasts[:, hour] = np.sinh(fitted) * spread + centre
    return forecasts


def _prices(design: Design) -> NDArray[Any]:
    recent = design.recent
    levels = np.stack([recent[:, 0].mean(axis=1), recent[:, :7].mean(axis=(1, 2)), recent.mean(axis=(1, 2))], axis=1)
    return np.hstack([*[recent[:, day] for day in PROFILES], design.last[:, :3], levels])


def _calendar(design: Design) -> NDArray[Any]:
    around = design.kinds[:, :3]
    angle = 2 * np.pi * design.season / 365.25
    weekday = design.weekday[:, 12, None] == np.arange(7)
    return np.hstack(
        [weekday, around == SATURDAY, around == SUNDAY_OR_HOLIDAY, np.cos(angle)[:, None], np.sin(angle)[:, None]]
    ).astype(float)


def _with_weather(common: NDArray[Any], design: Design, hour: int) -> NDArray[Any]:
    return common if design.weather is None else np.hstack([common, design.weather[:, hour]])


def _fit(inputs: NDArray[Any], target: NDArray[Any], asked: NDArray[Any]) -> NDArray[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column may be unknown throughout
        centre, spread = np.nanmean(inputs, axis=0), np.nanstd(inputs, axis=0)
    used = spread > 1e-9
    inputs, asked = (np.nan_to_num((x - centre)[:, used] / spread[used]).clip(-5, 5) for x in (inputs, asked))
    model = Lasso(alpha=PENALTY * target.std() / np.sqrt(len(target)), max_iter=2000, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = model.fit(inputs, target).predict(asked)
    # sinh would make anything of a line that runs far beyond what it has seen.
    return np.asarray(fitted.clip(target.min() - BEYOND, target.max() + BEYOND))
