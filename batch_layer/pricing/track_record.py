"""The record of price forecasts: each model's errors, and the choice of the winner."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from batch_layer.pricing import band
from batch_layer.pricing.design import Design
from energy.forecasts.scores import NAIVE, coverage, mae, pinball, r2, rmse

LEVELS = (0.1, 0.5, 0.9)
LEAST_GAIN = 0.01
"""Share of the naive error by which a model must be better to be published instead of it."""


def winner(
    forecasts: Mapping[str, NDArray[np.float64]], naive: NDArray[np.float64], outcome: NDArray[np.float64]
) -> str:
    """Name of the forecast with the least mean absolute error; the naive one where none is better."""
    plain = mae(naive, outcome)
    tried = {name: mae(prices, outcome) for name, prices in forecasts.items()}
    tried = {name: mae for name, mae in tried.items() if not np.isnan(mae)}
    best = min(tried, key=lambda name: tried[name], default=NAIVE)
    if best == NAIVE or tried[best] > plain * (1 - LEAST_GAIN):
        return NAIVE
    return best


def past(design: Design, origin: int) -> NDArray[np.intp]:
    """The latest origins whose days are over at ``origin``: those whose errors are known, and looked at."""
    return np.flatnonzero(design.ended_before(design.origins[origin]))[-band.DAYS :]


def winner_of(design: Design, made: Mapping[str, NDArray[np.float64]], over: NDArray[np.intp]) -> str:
    """The winner on the origins ``over`` of ``design``."""
    return winner({name: prices[over] for name, prices in made.items()}, design.naive[over], design.target[over])


def lines(
    design: Design, forecasts: Mapping[str, NDArray[np.float64]], over: NDArray[np.intp], published: str
) -> list[tuple[object, ...]]:
    """A line a maker on the origins ``over``: name, days, hours, MAE, RMSE, R2, pinball, coverage of p10 and p90, and
    whether it is the ``published`` one. The band of each half of the days rests on the errors of the other half.
    """
    outcome, hour = design.target[over], design.hour[over]
    half = len(over) // 2
    records: list[tuple[object, ...]] = []
    for name, prices in forecasts.items():
        error = outcome - prices[over]
        hours = int((~np.isnan(error)).sum())
        if not hours:
            continue
        quantiles = np.concatenate(
            [
                band.quantiles(prices[over][here], hour[here], error[there], hour[there], LEVELS)
                for here, there in ((slice(0, half), slice(half, None)), (slice(half, None), slice(0, half)))
            ]
        )
        low, _, high = coverage(quantiles, outcome)
        errors = [score(prices[over], outcome) for score in (mae, rmse, r2)]
        records.append(
            (name, len(over), hours, *errors, pinball(quantiles, outcome, LEVELS), low, high, name == published)
        )
    return records
