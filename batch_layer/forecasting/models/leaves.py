"""The outcomes that a forest's leaves remember, and the quantiles that they make."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

KEPT = 8
"""Evenly spaced outcomes kept of each leaf."""


def kept_outcomes(leaf: NDArray[Any], target: NDArray[Any]) -> NDArray[Any]:
    """Kept outcomes of every leaf, shape (trees, leaves, KEPT); a leaf nobody fell into holds NaN."""
    kept = np.full((leaf.shape[1], int(leaf.max()) + 1, KEPT), np.nan, dtype=np.float32)
    share = (np.arange(KEPT) + 0.5) / KEPT
    for tree in range(leaf.shape[1]):
        order = np.lexsort((target, leaf[:, tree]))
        numbers, start, count = np.unique(leaf[order, tree], return_index=True, return_counts=True)
        kept[tree, numbers] = target[order][start[:, None] + (share * count[:, None]).astype(int)]
    return kept


def leaf_quantiles(outcomes: NDArray[Any], leaf: NDArray[Any], levels: NDArray[Any], chunk: int = 2000) -> NDArray[Any]:
    """Quantiles at ``levels`` of the outcomes kept in the leaves that each row falls into, ``chunk`` rows at a time."""
    values = np.empty((len(leaf), len(levels)))
    trees = np.arange(outcomes.shape[0])[None, :]
    for first in range(0, len(leaf), chunk):
        sample = outcomes[trees, leaf[first : first + chunk]]
        flat = np.sort(sample.reshape(len(sample), -1), axis=1)
        at = levels * flat.shape[1] - 0.5
        low = np.clip(np.floor(at).astype(int), 0, flat.shape[1] - 2)
        share = np.clip(at - low, 0, 1)
        values[first : first + chunk] = flat[:, low] * (1 - share) + flat[:, low + 1] * share
    return values
