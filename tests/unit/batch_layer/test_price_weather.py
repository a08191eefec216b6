"""The stations' weather: forecasts as issued, and daily values where nobody had archived one, outside the record."""

from __future__ import annotations

import pandas as pd
import pytest

from batch_layer.pricing.weather import VARIABLES, by_station

FIRST = pd.Timestamp("2026-01-01", tz="UTC")
DAY = pd.Timedelta("1D")


def frame(rows: list[tuple[object, ...]], *keys: str) -> pd.DataFrame:
    """Rows of the keys and one number, which stands for each variable."""
    return pd.DataFrame([(*row, row[-1], row[-1]) for row in rows], columns=[*keys, *VARIABLES])


def observed(days: int) -> pd.DataFrame:
    rows: list[tuple[object, ...]] = [
        (place, FIRST + n * DAY, float(n) + add) for place, add in (("a", 0.0), ("b", 100.0)) for n in range(days)
    ]
    return frame(rows, "location_id", "day")


def issued(*rows: tuple[str, int, int, float]) -> pd.DataFrame:
    """Place, day of the issue, day it speaks of, value."""
    keys = ("location_id", "issued_at", "day")
    return frame([(place, FIRST + at * DAY, FIRST + of * DAY, value) for place, at, of, value in rows], *keys)


@pytest.fixture
def found() -> pd.DataFrame:
    """Ten days observed, the record from the ninth on; of ``a`` two days were forecast, one inside the record."""
    forecast = issued(("a", 4, 5, 50.0), ("a", 8, 9, 90.0))
    return by_station(forecast, observed(10), FIRST + 8 * DAY)


def hours(found: pd.DataFrame, issue: int, day: int, place: str) -> list[float]:
    rows = found[(found["issued_at"] == FIRST + issue * DAY) & (found["time"].dt.floor("D") == FIRST + day * DAY)]
    assert rows["time"].dt.hour.tolist() == list(range(24))
    return rows[f"{place}_temperature_c"].tolist()


def test_what_was_not_forecast_is_as_it_was_observed(found: pd.DataFrame) -> None:
    assert hours(found, 2, 4, "a") == [4.0] * 24
    assert hours(found, 2, 4, "b") == [104.0] * 24


def test_a_forecast_stands_and_daily_values_fill_its_holes(found: pd.DataFrame) -> None:
    assert hours(found, 4, 5, "a") == [50.0] * 24
    assert hours(found, 4, 5, "b") == [105.0] * 24


def test_no_day_of_the_record_knows_what_was_observed(found: pd.DataFrame) -> None:
    inside = found[found["time"] >= FIRST + 8 * DAY]
    assert set(inside["issued_at"]) == {FIRST + 8 * DAY}
    assert hours(found, 8, 9, "a") == [90.0] * 24
    assert inside["b_temperature_c"].isna().all()


def test_of_forecasts_alone_or_daily_values_alone_there_is_an_answer() -> None:
    nothing = issued().astype({"issued_at": "datetime64[ns, UTC]", "day": "datetime64[ns, UTC]"})
    assert len(by_station(nothing, observed(3), FIRST + 9 * DAY)) == 3 * 24
    assert len(by_station(issued(("a", 0, 1, 1.0)), observed(0), FIRST)) == 24
