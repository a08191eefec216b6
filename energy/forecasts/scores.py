"""Errors of forecasts against outcomes, for every forecast alike: solar, consumption and prices.

Arrays are floats in the outcome's own unit. Hours without an outcome or a forecast (NaN) do not count; where no hour
counts the score is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NAIVE = "same hour of the last known day"
"""Name of the forecast that every other one is measured by."""


def pinball_losses(quantiles: NDArray[Any], outcome: NDArray[Any], levels: Sequence[float] | NDArray[Any]) -> Array:
    """Pinball loss of each quantile (last axis): ``max(level·d, (level − 1)·d)`` with ``d = outcome − quantile``.

    Koenker and Bassett, Econometrica 46 (1978).
    """
    at = np.asarray(levels, float)
    error = np.asarray(outcome, float)[..., None] - quantiles
    losses: Array = np.maximum(at * error, (at - 1) * error)
    return losses


def pinball(quantiles: NDArray[Any], outcome: NDArray[Any], levels: Sequence[float] | NDArray[Any]) -> float:
    """Mean pinball loss over hours and ``levels``."""
    losses = pinball_losses(quantiles, outcome, levels)
    return _mean(losses[~np.isnan(losses)])


def mae(forecast: NDArray[Any], outcome: NDArray[Any]) -> float:
    """Mean absolute error."""
    return _mean(np.abs(_errors(forecast, outcome)))


def rmse(forecast: NDArray[Any], outcome: NDArray[Any]) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(_mean(_errors(forecast, outcome) ** 2)))


def r2(forecast: NDArray[Any], outcome: NDArray[Any]) -> float:
    """Share of the outcomes' variance that the forecast explains; NaN where they do not vary."""
    error = _errors(forecast, outcome)
    known = outcome[~np.isnan(forecast) & ~np.isnan(outcome)]
    variance = float(((known - known.mean()) ** 2).sum()) if known.size else 0.0
    return 1 - float((error**2).sum()) / variance if variance > 0 else float("nan")


def coverage(quantiles: NDArray[Any], outcome: NDArray[Any]) -> list[float]:
    """Share of outcomes below each quantile (last axis); one that equals it, as zero at dawn, counts half."""
    known = ~np.isnan(outcome) & ~np.isnan(quantiles).any(axis=-1)
    below, equal = (test(outcome[..., None], quantiles)[known] for test in (np.less, np.equal))
    if not known.any():
        return [float("nan")] * quantiles.shape[-1]
    return [float(share) for share in (below + 0.5 * equal).mean(axis=0)]


def _errors(forecast: NDArray[Any], outcome: NDArray[Any]) -> Array:
    error: Array = np.asarray(forecast, float) - np.asarray(outcome, float)
    known: Array = error[~np.isnan(error)]
    return known


def _mean(values: Array) -> float:
    return float(values.mean()) if values.size else float("nan")
