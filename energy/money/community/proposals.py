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


def proposals(of: Hours, months: NDArray[np.int64], powers: Sequence[float] | None = None) -> list[Proposal]:
    """Every proposal that the hours, and the members' contracted ``powers`` where they are known, allow.

    ``months`` numbers the billing period of each hour.
    """
    number = len(of.members)
    bought, sold = of.grid_prices.astype(float), of.surplus_prices.astype(float)
    found = [Proposal("equal", whole(np.ones((1, number))))]
    if powers is not None:
        found.append(Proposal("by power", whole(np.array([powers], dtype=float))))
    found.append(Proposal("by past use", whole(of.uses.sum(axis=0, dtype=float)[None, :])))
    only_use = _Worth(np.ones(bought.shape), np.zeros(bought.shape), months)
    found.append(Proposal("best for use, fixed", whole(_fixed(of, only_use))))
    found.append(Proposal("best for euros, fixed", whole(_fixed(of, _Worth(bought, sold, months)))))
    found.append(Proposal("best for use, hourly", whole(of.uses.astype(float))))
    found.append(Proposal("best for euros, hourly", whole(_hourly(of, _Worth(bought, sold, months)))))
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


class _Worth(NamedTuple):
    """The worth of a kWh by hour and member: one that is used, and one that is left over.

    What is left over is worth no more in a month than what is bought, so all that a member gains is worth no more than
    its use.
    """

    used: Matrix
    left: Matrix
    months: NDArray[np.int64]


def _fixed(of: Hours, worth: _Worth) -> Matrix:
    """Constant shares that make most of the generation.

    Each member's gain grows with its share ever more slowly, so the best shares are those at which the next part is
    worth the same to all: that price is found by halving.
    """
    generated, uses = of.generation.astype(float), np.maximum(of.uses, 0).astype(float)
    needed = [_needs(generated, uses[:, n], worth.used[:, n], worth.left[:, n], worth.months)
              for n in range(len(of.members))]  # fmt: skip
    low, high = min(float(need.worth[-1]) for need in needed) - 1, max(float(need.worth[0]) for need in needed)
    for _ in range(STEPS):
        price = (low + high) / 2
        low, high = (price, high) if sum(need.share(price) for need in needed) > 1 else (low, price)
    shares = np.array([need.share(high) for need in needed])
    rest = np.array([need.share(low) for need in needed]) - shares
    left = 1 - shares.sum()
    shares += np.maximum(rest, 0) * (left / rest.sum() if rest.sum() > 0 else 0)
    return np.maximum(shares, 0)[None, :]


class _Needs(NamedTuple):
    """Shares at which a member's gain begins to grow more slowly, in order, and what the next part is worth before."""

    shares: Matrix
    worth: Matrix

    def share(self, price: float) -> float:
        """The largest share up to which the next part is worth more than ``price``; no more than 1."""
        index = int(np.searchsorted(-self.worth, -price, side="left"))
        return min(1.0, float(self.shares[index - 1])) if index else 0.0


def _needs(generated: Matrix, used: Matrix, bought: Matrix, sold: Matrix, months: NDArray[np.int64]) -> _Needs:
    begun, turns = 0.0, [(np.array([1.0]), np.array([0.0]))]
    for month in np.unique(months):
        sunny = (months == month) & (generated > 0)
        worth = float((generated[sunny] * bought[sunny]).sum())
        most = float((used * bought)[months == month].sum())
        begun += worth
        turns.append(_turns(generated[sunny], used[sunny], np.maximum(bought - sold, 0)[sunny], (worth, most)))
    shares, drops = (np.concatenate(each) for each in zip(*turns, strict=True))
    order = np.argsort(shares, kind="stable")
    before = begun - np.concatenate([[0.0], np.cumsum(drops[order])[:-1]])
    return _Needs(shares[order], np.minimum.accumulate(before))


def _turns(generated: Matrix, used: Matrix, lost: Matrix, of_month: tuple[float, float]) -> tuple[Matrix, Matrix]:
    """Shares at which a month's gain begins to grow more slowly, and by how much: at each an hour's use is filled.

    ``lost``: what a kWh is worth less beyond. Of the month: what the whole generation would be worth if all were used,
    and the most that it may be worth; where that is reached nothing more is gained.
    """
    worth, most = of_month
    filled = used / generated
    order = np.argsort(filled, kind="stable")
    shares, drops = filled[order], (generated * lost)[order]
    after = worth - np.cumsum(drops)
    slopes, edges = np.concatenate([[worth], after]), np.concatenate([[0.0], shares])
    gained = np.concatenate([[0.0], np.cumsum(np.diff(edges) * slopes[:-1])])
    last = max(int(np.searchsorted(np.maximum.accumulate(gained), most, side="left")) - 1, 0)
    if slopes[last] <= 0:
        return shares, drops
    capped = edges[last] + (most - gained[last]) / slopes[last]
    return np.append(shares[:last], capped), np.append(drops[:last], slopes[last])


def _hourly(of: Hours, worth: _Worth) -> Matrix:
    """Shares by hour, to those first to whom it is worth most; what nobody uses to those who buy most of the month."""
    uses, left = np.maximum(of.uses, 0).astype(float), of.generation.astype(float)
    found = np.zeros(uses.shape)
    rows = np.arange(len(left))
    for rank in np.argsort(-np.maximum(worth.used - worth.left, 0), axis=1, kind="stable").T:
        given = np.minimum(uses[rows, rank], left)
        found[rows, rank] += given
        left = left - given
    bought = np.maximum((uses - found) * worth.used, 0)
    for month in np.unique(worth.months):
        inside = worth.months == month
        room = bought[inside].sum(axis=0)
        found[inside] += left[inside, None] * (room / room.sum() if room.sum() > 0 else 1 / len(room))
    return found
