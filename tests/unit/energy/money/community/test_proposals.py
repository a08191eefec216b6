"""Proposals: the best by their own measure, against every other coefficient tried; and how evenly gains fall."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from energy.money.community.agreement import ONE
from energy.money.community.fairness import Outcome, assigned_by, outcome
from energy.money.community.proposals import Hours, Proposal, proposals, whole

KWH = 1_000_000
MEMBERS = ("a", "b", "c")


def hours(generation: list[int], uses: list[list[int]], prices: list[int], surplus: int = 60_000) -> Hours:
    """Energies in kWh; ``prices`` of a member at all hours, in millionths."""
    used = np.array(uses, dtype=np.int64) * KWH
    shape = np.ones(used.shape, dtype=np.int64)
    members = MEMBERS[: used.shape[1]]
    return Hours(members, np.array(generation, dtype=np.int64) * KWH, used, shape * np.array(prices), shape * surplus)


def named(of: Hours, powers: list[float] | None = None, months: NDArray[np.int64] | None = None) -> dict[str, Proposal]:
    of_one = np.zeros(len(of.generation), dtype=np.int64)
    return {each.name: each for each in proposals(of, of_one if months is None else months, powers)}


def test_the_simple_ones_by_hand() -> None:
    """Uses of 10, 20, 30 kWh, powers of 2, 3, 5 kW; in each hour by what is used in it."""
    of = hours([10, 20, 30], [[10, 0, 0], [0, 20, 10], [0, 0, 20]], [200_000] * 3)
    found = named(of, [2.0, 3.0, 5.0])
    assert found["equal"].betas.tolist() == [[333_334, 333_333, 333_333]]
    assert found["by power"].betas.tolist() == [[200_000, 300_000, 500_000]]
    assert found["by past use"].betas.tolist() == [[166_667, 333_333, 500_000]]
    assert found["best for use, hourly"].betas.tolist() == [[ONE, 0, 0], [0, 666_667, 333_333], [0, 0, ONE]]


def test_gains_are_in_euros_and_surplus_is_capped_by_the_month() -> None:
    """Half of 10 kWh each hour: a uses 5 and buys 5 (1.00 saved, and 0.30 for nothing left over); b uses none."""
    of = hours([10, 10], [[5, 0], [10, 0]], [200_000, 200_000])
    found = outcome(of, Proposal("equal", np.array([[500_000, 500_000]])), np.zeros(2, dtype=np.int64))
    # a: 5 and 5 kWh at 0.20 = 2.00; b has no energy term, so its surplus earns nothing.
    assert found.gains == (2 * 10**12, 0)
    assert found.self_consumed == (10 * KWH, 0)
    assert (found.worst, found.gini) == (0, 0.5)
    by_month = outcome(of, Proposal("a", np.array([[ONE, 0]])), np.array([1, 2]))
    # First month: 5 kWh used, 5 of surplus, nothing bought; second: 10 used.
    assert by_month.gains == (3 * 10**12, 0)


def used_of(of: Hours, betas: NDArray[np.int64]) -> int:
    return int(np.minimum(assigned_by(of.generation, betas), of.uses).sum())


def worth_of(of: Hours, betas: NDArray[np.int64], months: NDArray[np.int64]) -> int:
    return sum(outcome(of, Proposal("it", betas), months).gains)


ENERGY = st.integers(0, 9)


@settings(deadline=None)
@given(
    st.lists(st.tuples(ENERGY, ENERGY, ENERGY, ENERGY), min_size=4, max_size=4),
    st.lists(st.integers(70_000, 300_000), min_size=3, max_size=3),
    st.lists(st.integers(1, 2), min_size=4, max_size=4),
)
def test_no_other_coefficients_do_better(
    rows: list[tuple[int, int, int, int]], prices: list[int], numbers: list[int]
) -> None:
    """Among all in steps of a twentieth, none uses more, or saves more in capped months; rounding aside."""
    of, months = hours([row[0] for row in rows], [list(row[1:]) for row in rows], prices), np.array(numbers)
    found = named(of, months=months)
    total = int(of.generation.sum())
    slack = total // 100_000 + 10
    fixed = used_of(of, found["best for use, fixed"].betas)
    worth = worth_of(of, found["best for euros, fixed"].betas, months)
    for a, b in product(range(21), repeat=2):
        if a + b <= 20:
            other = np.array([[a, b, 20 - a - b]], dtype=np.int64) * (ONE // 20)
            assert used_of(of, other) <= fixed + slack
            assert worth_of(of, other, months) <= worth + slack * 300_000
    each = np.minimum(of.generation, of.uses.sum(axis=1)).sum()
    assert used_of(of, found["best for use, hourly"].betas) >= each - slack
    assert worth_of(of, found["best for euros, hourly"].betas, months) >= worth - slack * 300_000


def test_surplus_goes_to_who_still_buys() -> None:
    """Of 10 kWh at noon each uses 1; b alone buys 50 at night, so what is left over is worth something to b."""
    of = hours([10, 0], [[1, 1], [0, 50]], [200_000, 200_000])
    found = named(of)
    gains = {name: outcome(of, each, np.zeros(2, dtype=np.int64)).gains for name, each in found.items()}
    # All that can be gained: 1 kWh used by each, 0.40, and 8 kWh left over at 0.06.
    for name in ("best for euros, fixed", "best for euros, hourly"):
        assert sum(gains[name]) == pytest.approx(0.88e12, rel=1e-5)
    assert sum(gains["equal"]) == pytest.approx(0.64e12)  # a's 4 kWh of surplus are worth nothing


@given(st.lists(st.lists(st.integers(0, 1000), min_size=3, max_size=3), min_size=1, max_size=10))
def test_millionths_add_up_in_every_row(weights: list[list[int]]) -> None:
    found = whole(np.array(weights, dtype=float))
    assert set(found.sum(axis=1).tolist()) == {ONE}
    assert int(found.min()) >= 0


@pytest.mark.parametrize(
    ("gains", "gini"), [((5, 5, 5), 0.0), ((0, 0, 9), 2 / 3), ((1, 2, 3), 2 / 9), ((0, 0), 0.0), ((-1, 0), 0.0)]
)
def test_gini_by_hand(gains: tuple[int, ...], gini: float) -> None:
    assert Outcome("", gains, gains, gains).gini == pytest.approx(gini)
    assert Outcome("", gains, gains, gains).worst == min(gains)
