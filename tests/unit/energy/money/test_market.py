"""Prices of the hours of a bill: whole millionths, the mean of quarter-hours, and holes that are named."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from energy.money.exact import NotExact, cents, divided, share, to_cent, whole
from energy.money.market import Market, NoPrice, Quote, of_windows

START = datetime(2026, 1, 14, 10, tzinfo=timezone.utc)
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


def quarters(*prices: float) -> list[Quote]:
    return [Quote(START + n * QUARTER, START + (n + 1) * QUARTER, price) for n, price in enumerate(prices)]


def test_an_hour_and_the_mean_of_its_quarter_hours() -> None:
    assert of_windows([Quote(START, START + HOUR, 171.48)], HOUR) == {START: 171_480}
    assert of_windows(quarters(10.0, 20.0, 30.0, 40.02), HOUR) == {START: 25_005}
    # a mean of 25.0025 EUR/MWh lies between two millionths of EUR/kWh: half goes up
    assert of_windows(quarters(25.0, 25.0, 25.0, 25.002), HOUR) == {START: 25_001}
    assert of_windows(quarters(-25.0, -25.0, -25.0, -25.002), HOUR) == {START: -25_001}


def test_an_hour_that_lacks_a_quarter_has_no_price_and_is_named() -> None:
    market = Market({"spot": of_windows(quarters(10.0, 20.0, 30.0), HOUR)})
    with pytest.raises(NoPrice, match="market spot has no price of the whole hour from 2026-01-14T10:00Z"):
        market.at("spot", START)


def test_quarter_hours_have_the_price_of_their_hour() -> None:
    assert set(of_windows([Quote(START, START + HOUR, 80.0)], QUARTER).values()) == {80_000}


@pytest.mark.parametrize(
    ("amount", "by", "rounded"), [(5, 2, 3), (-5, 2, -3), (4, 3, 1), (5, 3, 2), (0, 7, 0), (14999, 10000, 1)]
)
def test_halves_go_away_from_zero(amount: int, by: int, rounded: int) -> None:
    assert divided(amount, by) == rounded


def test_half_a_cent_decides() -> None:
    """142.50 EUR at 3 % are 4.275, which is 4.28: binary numbers would make 4.27 of it."""
    owed = share(142_500_000_000_000, 3 * 10**8)
    assert owed == 4_275_000_000_000
    assert (to_cent(owed), str(cents(owed))) == (4_280_000_000_000, "4.28")


def test_more_decimals_than_are_kept_are_refused() -> None:
    assert whole(Decimal("0.123456"), 10**6) == 123_456
    with pytest.raises(NotExact, match="more decimals"):
        whole(Decimal("0.1234567"), 10**6)
