"""How right price forecasts were: the errors that make a model's record, and the choice of the one that wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from batch_layer.pricing import band
from batch_layer.pricing.candidates import NAIVE
from batch_layer.pricing.design import Design

LEVELS = (0.1, 0.5, 0.9)
LEAST_GAIN = 0.01
"""Share of the naive error by which a model must be better to be published instead of it."""


@dataclass(frozen=True)
class Score:
    """Errors over ``hours`` hours in the prices' own unit (EUR/MWh); ``r2`` is 1 where all variance is explained."""

    hours: int
    mae: float
    rmse: float
    r2: float


def score(forecast: NDArray[np.float64], outcome: NDArray[np.float64]) -> Score:
    """Errors over the hours where both are known; NaN where there are none."""
    known = ~np.isnan(forecast) & ~np.isnan(outcome)
    if not known.any():
        return Score(0, np.nan, np.nan, np.nan)
    error, seen = (forecast - outcome)[known], outcome[known]
    variance = float(((seen - seen.mean()) ** 2).sum())
    r2 = 1 - float((error**2).sum()) / variance if variance > 0 else np.nan
    return Score(int(known.sum()), float(np.abs(error).mean()), float(np.sqrt((error**2).mean())), r2)


def winner(
    forecasts: Mapping[str, NDArray[np.float64]], naive: NDArray[np.float64], outcome: NDArray[np.float64]
) -> str:
    """Name of the forecast with the least mean absolute error; the naive one where none is better."""
    plain = score(naive, outcome)
    tried = {name: score(prices, outcome).mae for name, prices in forecasts.items()}
    tried = {name: mae for name, mae in tried.items() if not np.isnan(mae)}
    best = min(tried, key=lambda name: tried[name], default=NAIVE)
    if best == NAIVE or (plain.hours and tried[best] > plain.mae * (1 - LEAST_GAIN)):
        return NAIVE
    return best


def past(design: Design, origin: int) -> NDArray[np.intp]:
    """The latest origins whose days are over at ``origin``: those whose errors are known, and looked at."""
    return np.flatnonzero(design.ended_before(design.origins[origin]))[-band.DAYS :]


def winner_of(design: Design, made: Mapping[str, NDArray[np.float64]], over: NDArray[np.intp]) -> str:
    """The winner on the origins ``over`` of ``design``."""
    return winner({name: prices[over] for name, prices in made.items()}, design.naive[over], design.target[over])


def pinball(quantiles: NDArray[np.float64], outcome: NDArray[np.float64], levels: NDArray[np.float64]) -> float:
    """Mean pinball loss over hours and ``levels`` (last axis of ``quantiles``)."""
    error = outcome[..., None] - quantiles
    return float(np.nanmean(np.maximum(levels * error, (levels - 1) * error)))


def coverage(quantiles: NDArray[np.float64], outcome: NDArray[np.float64]) -> list[float]:
    """Share of outcomes below each quantile (last axis); one that equals it counts half."""
    known = ~np.isnan(outcome) & ~np.isnan(quantiles[..., 0])
    below, equal = (test(outcome[..., None], quantiles)[known] for test in (np.less, np.equal))
    return [float(share) for share in (below + 0.5 * equal).mean(axis=0)]


def lines(
    design: Design, forecasts: Mapping[str, NDArray[np.float64]], over: NDArray[np.intp], published: str
) -> list[tuple[object, ...]]:
    """A line a maker on the origins ``over``: name, days, hours, MAE, RMSE, R2, pinball, coverage of p10 and p90, and
    whether it is the ``published`` one. The band of each half of the days rests on the errors of the other half.
    """
    outcome, hour = design.target[over], design.hour[over]
    half, levels = len(over) // 2, np.array(LEVELS)
    found: list[tuple[object, ...]] = []
    for name, prices in forecasts.items():
        told = score(prices[over], outcome)
        if not told.hours:
            continue
        error = outcome - prices[over]
        quantiles = np.concatenate(
            [
                band.quantiles(prices[over][here], hour[here], error[there], hour[there], LEVELS)
                for here, there in ((slice(0, half), slice(half, None)), (slice(half, None), slice(0, half)))
            ]
        )
        low, _, high = coverage(quantiles, outcome)
        errors = (told.mae, told.rmse, told.r2, pinball(quantiles, outcome, levels), low, high)
        found.append((name, len(over), told.hours, *errors, name == published))
    return found
