"""The hours that a price forecast learns from: of every instant the price that counts, as it is served and billed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_layer.prices import hourly
from energy.money.market import Quote, of_windows
from energy.money.quotes import newest

TEN = datetime(2026, 3, 10, 10, tzinfo=timezone.utc)
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)


def price(at: int, quarters: int, eur: float, known: int) -> dict[str, Any]:
    """A price from ``at`` quarter-hours behind ten, known ``known`` hours behind midnight."""
    start = TEN + at * QUARTER
    said = {"price_eur_mwh": eur, "provider": "a", "kind": "known", "known_at": TEN.replace(hour=known)}
    return {"start": start, "end": start + quarters * QUARTER, **said}


QUARTERS = [price(n, 1, eur, 3) for n, eur in enumerate((70, 90, 110, 130))]


@pytest.mark.parametrize(
    ("prices", "values"),
    [
        pytest.param([*QUARTERS, price(0, 4, 50, 3)], [100.0], id="quarters of one instant with the hour"),
        pytest.param([*QUARTERS, price(0, 4, 50, 4)], [50.0], id="an hour known later"),
        pytest.param([QUARTERS[1], price(0, 4, 50, 3)], [60.0], id="a quarter and the rest of the hour"),
        pytest.param(QUARTERS[:2], [80.0], id="a part of an hour"),
        pytest.param([price(2, 8, 30, 3)], [30.0, 30.0, 30.0], id="a period across hours"),
        pytest.param([price(0, 4, 10, 3), price(8, 4, 20, 3)], [10.0, None, 20.0], id="a hole"),
    ],
)
def test_an_hour_is_the_mean_by_time_of_the_prices_that_count(
    prices: list[dict[str, Any]], values: list[float | None]
) -> None:
    found = hourly(prices)
    assert [None if pd.isna(value) else value for value in found] == pytest.approx(values)
    assert found.index[0] == pd.Timestamp(TEN)


PRICES = st.builds(
    price, st.integers(0, 20), st.sampled_from([1, 2, 4, 8]), st.sampled_from([10.0, 20.0, 30.0]), st.integers(0, 3)
)


@given(st.lists(PRICES, min_size=1, max_size=30))
def test_whole_hours_are_those_of_bills(prices: list[dict[str, Any]]) -> None:
    found = hourly(prices)
    billed = of_windows((Quote(p["start"], p["end"], p["price_eur_mwh"]) for p in newest(prices)), HOUR)
    for start, millionths in billed.items():
        assert found[pd.Timestamp(start)] == pytest.approx(millionths / 1000, abs=1e-3)
