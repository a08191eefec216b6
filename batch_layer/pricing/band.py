"""The band of a price forecast: its point moved by the quantiles of the errors it made of late at that time of day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PART_HOURS = 6
DAYS = 60
"""Errors looked at."""
FEWEST = 24
"""Errors of a part of the day below which those of the whole day are taken."""


def quantiles(
    point: NDArray[np.float64],
    hour: NDArray[np.int64],
    errors: NDArray[np.float64],
    error_hour: NDArray[np.int64],
    levels: Sequence[float],
) -> NDArray[np.float64]:
    """Quantiles at ``levels`` of the prices forecast as ``point``; shape (…, levels), never crossing.

    ``errors`` are outcome minus forecast at the local hours ``error_hour``, known by then, NaN where not. The median
    is the point itself: of late it may have been low, but that is no reason for it to stay so.
    """
    at = np.asarray(levels)
    known = ~np.isnan(errors)
    if not known.any():
        return np.repeat(point[..., None], len(at), axis=-1)
    whole = np.quantile(errors[known], [*levels, 0.5])
    values = np.empty((*point.shape, len(at)))
    for part in range(24 // PART_HOURS):
        own = errors[known & (error_hour // PART_HOURS == part)]
        shift = np.quantile(own, [*levels, 0.5]) if len(own) >= FEWEST else whole
        here = hour // PART_HOURS == part
        values[here] = point[here][:, None] + np.where(at == 0.5, 0.0, shift[:-1])
    upper, lower = at > 0.5, at < 0.5
    values[..., upper] = np.maximum(values[..., upper], point[..., None])
    values[..., lower] = np.minimum(values[..., lower], point[..., None])
    return np.sort(values, axis=-1)
