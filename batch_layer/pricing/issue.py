"""Forecasts with their band, day after day: the maker that has been best of late, and the errors it made of late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from batch_layer.pricing import band
from batch_layer.pricing.design import Design
from batch_layer.pricing.track_record import past, winner_of
from energy.forecasts.scores import NAIVE

CHOICE_DAYS = 14
"""Days for which a choice of the maker stands."""


@dataclass(frozen=True)
class Issue:
    """The 24 hours of each origin: ``quantiles`` at the levels asked for, and the maker's name."""

    quantiles: NDArray[np.float64]
    maker: list[str]


def issue(
    design: Design,
    makers: Mapping[str, NDArray[np.float64]],
    begin: int,
    end: int,
    levels: Sequence[float],
) -> Issue:
    """Origins ``begin`` to ``end`` of ``design``, of each by what ``makers`` had said of the days before it.

    ``makers`` holds each one's prices of every origin, NaN where it did not speak. A price no maker has forecast is
    the naive one.
    """
    candidates = {**makers, NAIVE: design.naive}
    bands, names = np.full((end - begin, 24, len(levels)), np.nan), []
    chosen = NAIVE
    for origin in range(begin, end):
        if (origin - begin) % CHOICE_DAYS == 0:
            chosen = winner_of(design, makers, past(design, origin))
        name = NAIVE if np.isnan(candidates[chosen][origin]).all() else chosen
        bands[origin - begin] = banded(design, candidates[name], origin, levels)
        names.append(name)
    return Issue(bands, names)


def banded(design: Design, prices: NDArray[np.float64], origin: int, levels: Sequence[float]) -> NDArray[np.float64]:
    """Quantiles of the 24 hours of an origin around ``prices``, by their errors on the days over by then."""
    over = past(design, origin)
    errors = (design.target[over] - prices[over], design.hour[over])
    return band.quantiles(prices[origin], design.hour[origin], *errors, levels)
