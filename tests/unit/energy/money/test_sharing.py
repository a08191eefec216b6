"""Sharing to the mWh, and a bill that never goes below nothing."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.money.sharing import ONE, BetaError, Line, Shared, assign, compensate, share_community, share_hour

HOUR = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
LATER = datetime(2026, 6, 1, 13, tzinfo=timezone.utc)


def test_parts_of_a_third_add_up() -> None:
    assert assign(10, {"a": 333_333, "b": 333_333, "c": 333_334}) == {"a": 3, "b": 3, "c": 4}
    assert assign(1, {"b": 500_000, "a": 500_000}) == {"b": 0, "a": 1}


@given(st.integers(0, 10**12), st.lists(st.integers(0, 1000), min_size=1, max_size=30))
def test_parts_always_add_up_and_are_off_by_less_than_one(production: int, weights: list[int]) -> None:
    total = sum(weights) or 1
    betas = {f"m{n}": weight * ONE // total for n, weight in enumerate(weights)}
    betas["m0"] += ONE - sum(betas.values())
    parts = assign(production, betas)
    assert sum(parts.values()) == production
    assert all(abs(parts[m] * ONE - production * beta) < ONE for m, beta in betas.items())


@pytest.mark.parametrize("betas", [{"a": 999_999}, {"a": 1_000_001}, {"a": 1_500_000, "b": -500_000}])
def test_coefficients_that_do_not_add_up_are_refused(betas: dict[str, int]) -> None:
    with pytest.raises(BetaError, match="add up"):
        assign(10, betas)
    with pytest.raises(BetaError, match="2026-06-01T12:00Z"):
        share_community({HOUR: 10}, {"a": {}}, betas)


@pytest.mark.parametrize(
    ("assigned", "consumed", "shared"),
    [(10, 4, Shared(10, 4, 6, 0)), (4, 10, Shared(4, 4, 0, 6)), (0, 0, Shared(0, 0, 0, 0))],
)
def test_an_hour_of_a_member(assigned: int, consumed: int, shared: Shared) -> None:
    assert share_hour(assigned, consumed) == shared


def test_constant_and_hourly_coefficients() -> None:
    production = {HOUR: 1000, LATER: 1000}
    consumption = {"a": {HOUR: 100, LATER: 900}, "b": {HOUR: 600}}
    constant = share_community(production, consumption, {"a": 250_000, "b": 750_000})
    assert constant == {
        "a": {HOUR: Shared(250, 100, 150, 0), LATER: Shared(250, 250, 0, 650)},
        "b": {HOUR: Shared(750, 600, 150, 0)},
    }
    hourly = share_community(production, consumption, {HOUR: {"a": ONE, "b": 0}, LATER: {"a": 0, "b": ONE}})
    assert hourly["a"] == {HOUR: Shared(1000, 100, 900, 0), LATER: Shared(0, 0, 0, 900)}
    with pytest.raises(BetaError, match="no coefficients"):
        share_community(production, consumption, {HOUR: {"a": ONE}})


def test_the_energy_term_never_goes_below_nothing() -> None:
    kwh = 1_000_000
    bill = compensate([Line(10 * kwh, 150.0, 0, 60.0), Line(0, 150.0, 100 * kwh, 60.0)])
    assert (bill.energy, bill.surplus, bill.compensated, bill.term) == (
        Decimal("1.5"),
        Decimal(6),
        Decimal("1.5"),
        Decimal(0),
    )
    small = compensate([Line(10 * kwh, 150.0, 5 * kwh, 60.0)])
    assert small.term == Decimal("1.2")
    assert compensate([]).term == 0
    assert compensate([Line(kwh, -5.0, kwh, 60.0)]).compensated == 0


def test_a_consumption_below_zero_makes_no_surplus() -> None:
    assert share_hour(1000, -300) == Shared(1000, 0, 1000, 0)
