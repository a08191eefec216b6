"""Quiet days stay quiet, a wrong unit is put right, and one that lasts is followed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from batch_layer.forecasting.histories.history import read_series
from batch_layer.forecasting.quantity import CONSUMPTION, SOLAR
from tests.support.series import load, plant, rows

DAYS = 79


def sunny(watts: float = 3000.0) -> pd.Series:
    values, _ = plant(DAYS)
    return (values * watts / values.max()).round()


@pytest.mark.parametrize("peak", [1.0, 2.0, 3.0, 6.0, 20.0])
@pytest.mark.parametrize("days", [1, 3, 10])
def test_a_plant_under_snow_stays_as_it_is(peak: float, days: int) -> None:
    values = sunny()
    snow = slice(24 * 30, 24 * (30 + days))
    values.iloc[snow] = (values.iloc[snow] * peak / values.iloc[snow].max()).round()

    found = read_series("a", rows("a", values), SOLAR)

    assert np.allclose(found.outcomes, values)
    assert found.repairs.scaled == 0


@pytest.mark.parametrize("router", [(1, 3), (1, 1), (5, 5), (2, 9)])
@pytest.mark.parametrize("days", [1, 5, 30])
@pytest.mark.parametrize("seed", range(3))
def test_an_empty_house_stays_as_it_is(router: tuple[int, int], days: int, seed: int) -> None:
    values = load(DAYS, seed).round()
    values.iloc[24 * 30 : 24 * (30 + days)] = np.random.default_rng(seed).integers(*router, 24 * days, endpoint=True)

    found = read_series("a", rows("a", values), CONSUMPTION)

    assert np.allclose(found.values, values)
    assert found.repairs.scaled == 0


@pytest.mark.parametrize(("before", "after"), [(1e-3, 1.0), (1.0, 1e-3)])
@pytest.mark.parametrize("decimals", [1, 3, 6])
@pytest.mark.parametrize("kind", ["solar", "load"])
def test_a_lasting_change_of_unit_is_converted(before: float, after: float, decimals: int, kind: str) -> None:
    true = sunny() if kind == "solar" else load(DAYS).round()
    given = true.copy()
    given.iloc[: 24 * 60] *= before
    given.iloc[24 * 60 :] *= after

    found = read_series("a", rows("a", given.round(decimals)), SOLAR if kind == "solar" else CONSUMPTION)

    assert np.allclose(found.values.iloc[12::24], true.iloc[12::24] * after, rtol=0.2, atol=60 * after)
    assert found.repairs.unit == pytest.approx(after / before)
    assert found.unit.iloc[30] == pytest.approx(before / after)
    assert found.unit.iloc[-1] == 1.0


@pytest.mark.parametrize("end", range(61, DAYS, 3))
def test_the_unit_in_force_is_what_was_known_at_the_issue(end: int) -> None:
    true = sunny()
    given = true.copy()
    given.iloc[: 24 * 60] *= 1e-3
    whole = read_series("a", rows("a", given), SOLAR)
    hidden = read_series("a", rows("a", given.iloc[: 24 * end]), SOLAR)

    assert np.allclose(
        hidden.values * hidden.repairs.unit**-1, (whole.values * whole.repairs.unit**-1).iloc[: 24 * end]
    )
