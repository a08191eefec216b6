"""The shape of a forest: its engine and its size."""

from __future__ import annotations

from dataclasses import dataclass

MLLIB, XGBOOST = "mllib", "xgboost"
SEED = 20


@dataclass(frozen=True)
class Shape:
    """Engine and size of a forest: so many trees, of each so deep and with so many rows a leaf at least.

    ``features`` and ``sample`` are the shares of columns a node and of rows a tree looks at.
    """

    engine: str = XGBOOST
    trees: int = 60
    depth: int = 12
    leaf: int = 5
    features: float = 0.33
    sample: float = 0.63
