"""Proposals of coefficients: equal, by power, by past use, best for use and best for euros, fixed or by the hour.

Past or forecast hours say what each member used and what was generated; a proposal is what would have shared them best,
by its own measure. Energies are mWh, coefficients whole millionths that add up to 1 in every hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from energy.money.community.agreement import ONE

Matrix = NDArray[np.float64]
STEPS = 60
"""Halvings of the price at which the last millionth is given: more than doubles can tell apart."""


class Hours(NamedTuple):
    """Hours in a row; members in the order of ``members``."""

    members: tuple[str, ...]
    generation: NDArray[np.int64]
    """mWh; shape (hours,)."""
    uses: NDArray[np.int64]
    """mWh; shape (hours, members)."""
    grid_prices: NDArray[np.int64]
    """The price of energy from the grid, in millionths of EUR/kWh; shape (hours, members)."""
    surplus_prices: NDArray[np.int64]
    """The price of surplus; the same."""


class Proposal(NamedTuple):
    """``betas`` in millionths: shape (1, members) where they are constant, (hours, members) where they are hourly."""

    name: str
    betas: NDArray[np.int64]


def proposals(of: Hours, powers: Sequence[float] | None = None) -> list[Proposal]:
    """Every proposal that the hours, and the members' contracted ``powers`` where they are known, allow."""
    number = len(of.members)
    worth = np.maximum(of.grid_prices - of.surplus_prices, 0).astype(float)
    found = [Proposal("equal", whole(np.ones((1, number))))]
    if powers is not None:
        found.append(Proposal("by power", whole(np.array([powers], dtype=float))))
    found.append(Proposal("by past use", whole(of.uses.sum(axis=0, dtype=float)[None, :])))
    found.append(Proposal("best for use, fixed", whole(_fixed(of, np.ones(of.uses.shape)))))
    found.append(Proposal("best for euros, fixed", whole(_fixed(of, worth))))
    found.append(Proposal("best for use, hourly", whole(of.uses.astype(float))))
    found.append(Proposal("best for euros, hourly", whole(_hourly(of, worth))))
    return found


def whole(weights: Matrix) -> NDArray[np.int64]:
    """Millionths in the proportion of ``weights`` that add up to 1 in each row; equal parts where a row has none.

    What rounding leaves goes to the largest remainders, of equal ones to the member who comes first.
    """
    sums = weights.sum(axis=1, keepdims=True)
    shares = np.where(sums > 0, weights, 1.0) / np.where(sums > 0, sums, weights.shape[1]) * ONE
    found: NDArray[np.int64] = np.floor(shares).astype(np.int64)
    left = ONE - found.sum(axis=1)
    order = np.argsort(-(shares - found), axis=1, kind="stable")
    for row in np.flatnonzero(left):
        found[row, order[row, : left[row]]] += 1
    return found


def _fixed(of: Hours, worth: Matrix) -> Matrix:
    """Constant shares that make most of the generation worth something, a kWh used being worth ``worth`` more.

    Each member's worth grows with its share ever more slowly, so the best shares are those at which the next part is
    worth the same to all: that price is found by halving.
    """
    generated = of.generation.astype(float)
    needed = [_needs(generated, of.uses[:, n].astype(float), worth[:, n]) for n in range(len(of.members))]
    low, high = 0.0, max((float(need.worth[0]) for need in needed if len(need.worth)), default=0.0)
    for _ in range(STEPS):
        price = (low + high) / 2
        low, high = (price, high) if sum(need.share(price) for need in needed) > 1 else (low, price)
    shares = np.array([need.share(high) for need in needed])
    rest = np.array([need.share(low) for need in needed]) - shares
    left = 1 - shares.sum()
    shares += np.maximum(rest, 0) * (left / rest.sum() if rest.sum() > 0 else 0)
    return np.maximum(shares, 0)[None, :]


class _Needs(NamedTuple):
    """Shares at which hours of a member are filled, in order, and what the next part is worth before each of them."""

    shares: Matrix
    worth: Matrix

    def share(self, price: float) -> float:
        """The largest share up to which the next part is worth more than ``price``; no more than 1."""
        index = int(np.searchsorted(-self.worth, -price, side="left"))
        return min(1.0, float(self.shares[index - 1])) if index else 0.0


def _needs(generated: Matrix, used: Matrix, worth: Matrix) -> _Needs:
    sunny = generated > 0
    filled = np.maximum(used[sunny], 0) / generated[sunny]
    order = np.argsort(filled, kind="stable")
    gained = (generated[sunny] * worth[sunny])[order]
    return _Needs(filled[order], np.cumsum(gained[::-1])[::-1])


def _hourly(of: Hours, worth: Matrix) -> Matrix:
    """Shares by hour, to those first to whom it is worth most; what nobody uses in the proportion of use."""
    uses, left = np.maximum(of.uses, 0).astype(float), of.generation.astype(float)
    found = np.zeros(uses.shape)
    rows = np.arange(len(left))
    for rank in np.argsort(-worth, axis=1, kind="stable").T:
        given = np.minimum(uses[rows, rank], left)
        found[rows, rank] += given
        left = left - given
    spread = uses / np.where(uses.sum(axis=1) > 0, uses.sum(axis=1), 1)[:, None]
    shared: Matrix = found + left[:, None] * spread
    return shared
