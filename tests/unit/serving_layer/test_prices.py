"""Of every instant one price, whatever periods, providers and times the sources state."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from energy.money.quotes import newest
from serving_layer.instants import Span
from serving_layer.views.prices import beginning_in

TEN = datetime(2026, 3, 10, 10, tzinfo=timezone.utc)
QUARTER = timedelta(minutes=15)


def price(at: int, quarters: int, eur: float, known: int, kind: str = "known", provider: str = "a") -> dict[str, Any]:
    """A price from ``at`` quarter-hours behind ten, known ``known`` hours behind midnight."""
    start = TEN + at * QUARTER
    return {
        "start": start,
        "end": start + quarters * QUARTER,
        "known_at": TEN.replace(hour=known),
        "price_eur_mwh": eur,
        "kind": kind,
        "provider": provider,
    }


def bounds(prices: list[dict[str, Any]]) -> list[tuple[float, float, float]]:
    """Start and end in quarter-hours behind ten, and the price."""
    return [((p["start"] - TEN) / QUARTER, (p["end"] - TEN) / QUARTER, p["price_eur_mwh"]) for p in newest(prices)]


QUARTERS = [price(n, 1, eur, 13) for n, eur in enumerate((70, 90, 110, 130))]


def test_an_hour_known_later_covers_its_quarters() -> None:
    assert bounds([price(0, 4, 100, 14), *QUARTERS]) == [(0, 4, 100)]


def test_quarters_known_later_or_at_once_cover_the_hour() -> None:
    for known in (12, 13):
        assert bounds([price(0, 4, 100, known), *QUARTERS]) == [(0, 1, 70), (1, 2, 90), (2, 3, 110), (3, 4, 130)]


def test_the_rest_of_an_hour_keeps_the_hour_s_price() -> None:
    assert bounds([price(0, 4, 100, 12), QUARTERS[1]]) == [(0, 1, 100), (1, 2, 90), (2, 4, 100)]


def test_a_forecast_gives_way_where_a_part_is_known() -> None:
    ahead = [price(0, 4, 50, 23, "forecast"), price(4, 4, 60, 23, "forecast")]

    assert bounds([*ahead, QUARTERS[2]]) == [(2, 3, 110), (4, 8, 60)]


def test_a_span_that_begins_or_ends_within_a_period_shows_what_a_longer_one_does() -> None:
    known = [price(0, 4, 100, 14), *QUARTERS, price(4, 4, 50, 12), price(6, 1, 60, 13)]
    whole = beginning_in(Span(TEN, TEN + 8 * QUARTER), known)
    assert bounds(known) == [(0, 4, 100), (4, 6, 50), (6, 7, 60), (7, 8, 50)]

    for first in range(8):
        for last in range(first + 1, 9):
            span = Span(TEN + first * QUARTER, TEN + last * QUARTER)
            assert beginning_in(span, known) == [p for p in whole if span.start <= p["start"] < span.end]


PRICES = st.builds(
    price,
    st.integers(0, 20),
    st.sampled_from([1, 2, 4, 8]),
    st.sampled_from([10.0, 20.0, 30.0]),
    st.integers(0, 3),
    st.sampled_from(["known", "forecast"]),
    st.sampled_from(["a", "b"]),
)


@given(st.lists(PRICES, max_size=30), st.randoms())
def test_every_instant_has_at_most_one_price_and_a_known_one_where_there_is_any(
    prices: list[dict[str, Any]], chance: Any
) -> None:
    found = newest(prices)

    assert all(one["end"] <= other["start"] for one, other in pairwise(found))
    known = [each for each in prices if each["kind"] == "known"]
    for at in (TEN + n * QUARTER for n in range(30)):
        here = [each for each in found if each["start"] <= at < each["end"]]
        stated = [each for each in known if each["start"] <= at < each["end"]]
        if stated:
            (shown,) = here
            assert shown["kind"] == "known"
            assert shown["known_at"] == max(each["known_at"] for each in stated)
    chance.shuffle(prices)
    assert newest(prices) == found
