"""Decimal places that a register has lost for a while are put back where it goes on with them."""

from __future__ import annotations

import pytest

from energy.registers.resolution import DECIMALS, restored


@pytest.mark.parametrize("by", DECIMALS)
@pytest.mark.parametrize("lost", [slice(1, 2), slice(2, 5), slice(5, 6)])
def test_values_go_on_as_they_would_have(by: int, lost: slice) -> None:
    values = [15_000_000, 16_000_000, 19_000_000, 19_000_000, 24_000_000, 30_000_000, 31_000_000]
    said = [*values]
    said[lost] = [value // by for value in values[lost]]
    assert restored(said) == values


@pytest.mark.parametrize(
    "values",
    [
        [],
        [7],
        [1_000, 2_000, 2_000, 3_000],
        [5_000, 9_000_000, 5_001, 6_000],
        [9_000_000, 0, 5_000, 12_000],
        [9_000_000, 9_000, 9_001, 9_002],
        [9_000_000, 8_000, 9_000, 9_500_000],
        [9_000_000, 9_100, 12_000, 11_000_000],
    ],
    ids=["none", "one", "rises", "spike", "reset", "stays low", "too low", "does not come back"],
)
def test_others_stay_as_they_are(values: list[int]) -> None:
    assert restored(values) == values
