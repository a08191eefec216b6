"""The outcome of a proposal of coefficients: euros a member, energy used in the community, how evenly gains fall."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from energy.money.community.agreement import ONE
from energy.money.community.proposals import Hours, Proposal


class Outcome(NamedTuple):
    """Energy in mWh, gains in 10⁻¹² EUR before taxes, by member in the order of the hours' ``members``."""

    name: str
    assigned: tuple[int, ...]
    self_consumed: tuple[int, ...]
    gains: tuple[int, ...]

    @property
    def worst(self) -> int:
        """The gain of the member who gains least."""
        return min(self.gains)

    @property
    def gini(self) -> float:
        """0 where all gain the same, towards 1 where one gains all."""
        ordered = sorted(self.gains)
        total, number = sum(ordered), len(ordered)
        if total <= 0:
            return 0.0
        return sum((2 * rank - number - 1) * gain for rank, gain in enumerate(ordered, start=1)) / (number * total)


def outcome(of: Hours, proposal: Proposal, months: NDArray[np.int64]) -> Outcome:
    """The outcome of the ``proposal`` in the hours; ``months`` numbers the billing period of each.

    A member gains what is not bought, and the surplus up to what is bought in the same period.
    """
    assigned = assigned_by(of.generation, proposal.betas)
    used = np.maximum(of.uses, 0)
    own = np.minimum(assigned, used)
    cost, worth = (used - own) * of.grid_prices, (assigned - own) * of.surplus_prices
    saved = (own * of.grid_prices).sum(axis=0)
    for month in np.unique(months):
        inside = months == month
        saved = saved + np.clip(worth[inside].sum(axis=0), 0, np.maximum(cost[inside].sum(axis=0), 0))
    sums = (assigned.sum(axis=0), own.sum(axis=0), saved)
    return Outcome(proposal.name, *(tuple(map(int, values)) for values in sums))


def assigned_by(generation: NDArray[np.int64], betas: NDArray[np.int64]) -> NDArray[np.int64]:
    """``energy.money.community.sharing.assign`` of many hours: shape (hours, members), mWh.

    Members are in the order of their ids, by which equal remainders are settled.
    """
    products = generation[:, None] * betas
    parts, rests = np.divmod(products, ONE)
    left = rests.sum(axis=1) // ONE
    ranks = np.argsort(np.argsort(-rests, axis=1, kind="stable"), axis=1, kind="stable")
    result: NDArray[np.int64] = parts + (ranks < left[:, None])
    return result
