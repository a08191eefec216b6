"""The night's price step over a folder in HDFS's place, without a server."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from batch_layer import prices
from batch_layer.artifacts import PRICE_FORECAST, PRICE_SKILL
from batch_layer.master import dataset
from batch_layer.pricing import weather as price_weather
from batch_layer.pricing.candidates import LASSO, PERCEPTRON, WITH_WEATHER
from batch_layer.pricing.components import COMPOSED, STANDS_IN
from batch_layer.pricing.day_ahead import Market, ahead
from batch_layer.runs import Night, Run
from conf import Settings
from conf.stations import DAILY_VALUES, municipality_of_station
from conf.tariffs import tariffs
from energy.forecasts.scores import NAIVE
from energy.money import pvpc
from tests.support.market import prices as market_prices

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT = datetime(2026, 3, 9, 13, tzinfo=timezone.utc)


def archive(spark: SparkSession, settings: Settings, *rows: tuple[str, str, datetime, timedelta, float, int]) -> None:
    """Market, zone, start, length, price and how many hours before the night it was known."""
    full = [
        (market, zone, start, start + length, price, "test", AT - known * HOUR, 0, n, AT, start.date())
        for n, (market, zone, start, length, price, known) in enumerate(rows)
    ]
    columns = (
        "market string, zone string, start timestamp, end timestamp, price_eur_mwh double, provider string, "
        "known_at timestamp, kafka_partition int, kafka_offset bigint, received_at timestamp, event_day date"
    )
    dataset.append(spark, settings, "prices", 0, spark.createDataFrame(full, columns))


def test_a_night_without_prices_says_so_and_stages_nothing(spark: SparkSession, settings: Settings, night: Run) -> None:
    counts = prices.run(Night(spark, settings, night)).counts
    assert counts == {"price_hours": 0, "prices_not_forecast": 2}
    assert PRICE_FORECAST.read(Night(spark, settings, night)).count() == 0
    assert PRICE_SKILL.read(Night(spark, settings, night)).count() == 0


def test_an_hour_is_what_was_known_last_and_of_several_periods_their_mean_by_time(
    spark: SparkSession, settings: Settings, night: Run
) -> None:
    quarter = timedelta(minutes=15)
    archive(
        spark,
        settings,
        ("spot", "ES", AT, HOUR, 10.0, 9),
        ("spot", "ES", AT, HOUR, 12.0, 3),
        ("spot", "ES", AT + HOUR, HOUR, 99.0, 4),
        *[("spot", "ES", AT + HOUR + n * quarter, quarter, 20.0 + 2 * n, 3) for n in range(4)],
        ("spot", "ES", AT + 3 * HOUR, HOUR, -5.0, 3),
        *[("spot", "ES", AT + 4 * HOUR + n * quarter, quarter, 20.0, 3) for n in range(4)],
        ("spot", "ES", AT + 4 * HOUR, HOUR, 70.0, 2),
        ("spot", "ES", AT + 5 * HOUR, HOUR, 40.0, 3),
        ("spot", "ES", AT + 5 * HOUR + quarter, quarter, 80.0, 3),
        ("spot", "ES", AT + 6 * HOUR, 2 * HOUR, 7.0, 3),
        ("spot", "PT", AT, HOUR, 77.0, 3),
        # Of the day after the cut's: it may be known by now, but was not when its forecast was due.
        ("spot", "ES", AT + timedelta(days=2), HOUR, 50.0, 3),
    )
    (found,), missing = prices.read_markets(Night(spark, settings, night))
    assert (found.key, missing) == ("spot/ES", 1)
    assert found.values.dropna().tolist() == [12.0, 23.0, -5.0, 70.0, 50.0, 7.0, 7.0]
    assert pd.isna(found.values.iloc[2])


def test_a_market_whose_prices_end_days_before_the_night_is_not_forecast(
    spark: SparkSession, settings: Settings, night: Run
) -> None:
    values = market_prices(3, start="2026-03-04")
    archive(
        spark,
        settings,
        *[("spot", "ES", pd.Timestamp(str(t)).to_pydatetime(), HOUR, float(v), 1) for t, v in values.items()],
    )
    assert prices.run(Night(spark, settings, night)).counts == {"price_hours": 0, "prices_not_forecast": 2}


def test_a_market_known_for_days_is_forecast_by_the_naive_forecast(
    spark: SparkSession, settings: Settings, night: Run
) -> None:
    values = market_prices(3, start="2026-03-07")
    archive(
        spark,
        settings,
        *[("spot", "ES", pd.Timestamp(str(t)).to_pydatetime(), HOUR, float(v), 1) for t, v in values.items()],
    )
    counts = prices.run(Night(spark, settings, night)).counts
    assert counts == {"price_hours": 48, "prices_not_forecast": 1, "spot_ES_known_days": 3}
    rows = PRICE_FORECAST.read(Night(spark, settings, night)).toPandas()
    assert set(rows["model"]) == {NAIVE}
    assert set(rows["step"]) == {"persistence"}
    assert (rows["p10"] <= rows["price_eur_mwh"]).all()
    assert (rows["price_eur_mwh"] <= rows["p90"]).all()


def weather(spark: SparkSession, settings: Settings, *rows: tuple[object, ...]) -> None:
    """Archive place, issued_at, time, provider, kind, °C, share of clouds and m/s."""
    full = [
        (*row[:6], row[6], None, None, row[7], None, None, None, None, 0, n, AT, row[2].date())  # type: ignore[attr-defined]
        for n, row in enumerate(rows)
    ]
    columns = dataset.schema("weather").removesuffix(", archive bigint")
    dataset.append(spark, settings, "weather", 0, spark.createDataFrame(full, columns))


def test_the_weather_of_all_places_is_what_each_said_last_before_midnight(
    spark: SparkSession, settings: Settings, night: Run
) -> None:
    said = [("a", 6, 10.0), ("a", 18, 12.0), ("b", 18, 20.0), ("b", 25, 99.0)]
    rows = [
        (place, AT.replace(hour=0) + hour * HOUR, AT + DAY, "p", "forecast", value, None, 3.0)
        for place, hour, value in said
    ]
    weather(spark, settings, *rows)
    markets = [Market("spot", "ES", market_prices(3))]
    found = price_weather.read(Night(spark, settings, night), markets)
    assert found is not None
    (row,) = found.to_dict("records")
    assert (row["issued_at"], row["time"]) == (pd.Timestamp(night.cut), pd.Timestamp(AT + DAY))
    assert [row[f"temperature_c_{name}"] for name in ("avg", "min", "max")] == [16.0, 12.0, 20.0]
    assert row["wind_speed_m_s_avg"] == 3.0
    assert price_weather.read(Night(spark, settings, night), []) is None


def perceptron(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"price": settings.price.model_copy(update={"model": "mlp", "series": ["spot/ES"]})}
    )


@pytest.mark.parametrize(("elsewhere", "places"), [(2, 3), (70, 1)])
def test_the_perceptron_gets_each_places_day(
    spark: SparkSession, settings: Settings, night: Run, elsewhere: int, places: int
) -> None:
    midnight, (station, code) = AT.replace(hour=0), next(iter(municipality_of_station().items()))
    issued = [(midnight + HOUR * h, 2.0 * h, 0.5 if 6 <= h <= 17 else 1.0) for h in range(24)]
    old = midnight - 90 * DAY
    weather(
        spark,
        settings,
        *[(code, midnight - 8 * HOUR, at, "aemet", "forecast", t, clouds, 4.0) for at, t, clouds in issued],
        *[
            (f"place {n}", midnight - 8 * HOUR, midnight + 12 * HOUR, "p", "forecast", 1.0, 0.0, 1.0)
            for n in range(elsewhere)
        ],
        (station, midnight, old, DAILY_VALUES, "observation", 7.0, 0.25, 2.0),
        (station, midnight - DAY, old, DAILY_VALUES, "observation", 9.0, 0.75, 2.0),
        (station, midnight, midnight - DAY, DAILY_VALUES, "observation", 8.0, 0.25, 2.0),
        (station, midnight, old + HOUR, "aemet", "observation", 99.0, 0.25, 2.0),
    )
    found = price_weather.read(
        Night(spark, perceptron(settings), night), [Market("spot", "ES", market_prices(3, "2026-03-07"))]
    )
    assert found is not None
    names = [f"{code}_{name}" for name in price_weather.VARIABLES]
    assert len(found.columns) == 2 + 3 * places
    by_day = found.groupby(found["time"].dt.floor("D"))[names]
    assert (by_day.nunique() == 1).all(axis=None)
    first = by_day.first()
    assert first.loc[pd.Timestamp(midnight)].tolist() == [23.0, 4.0, 0.5]
    assert first.loc[pd.Timestamp(old)].tolist() == [7.0, 2.0, 0.25]
    assert len(first) == 2


def test_a_perceptron_that_learnt_from_daily_values_beats_one_that_saw_no_weather(
    spark: SparkSession, settings: Settings, night: Run
) -> None:
    """Wind at 54 stations makes the price of the day; of the record's days alone there are forecasts."""
    days, random = 180, np.random.default_rng(3)
    first = AT.replace(hour=0) - (days - 2) * DAY
    stations = municipality_of_station()
    country = random.uniform(1, 9, days)
    values = market_prices(days, f"{first:%Y-%m-%d}") + np.repeat(60 - 6 * country, 24)
    rows: list[tuple[object, ...]] = []
    for n in range(days):
        day, winds = first + n * DAY, country[n] + random.normal(0, 0.5, len(stations))
        for (station, code), wind in zip(stations.items(), winds.clip(0), strict=True):
            if n < days - 70:
                rows.append((station, day + 4 * DAY, day, DAILY_VALUES, "observation", 15.0, 0.5, float(wind)))
            else:
                rows.append((code, day - 30 * HOUR, day, "aemet", "forecast", 15.0, 0.5, float(wind)))
    weather(spark, settings, *rows)
    known = values[values.index < pd.Timestamp(AT.replace(hour=23) - DAY)]
    archive(
        spark,
        settings,
        *[("spot", "ES", pd.Timestamp(str(t)).to_pydatetime(), HOUR, float(v), 1) for t, v in known.items()],
    )

    prices.run(Night(spark, perceptron(settings), night))
    record = PRICE_SKILL.read(Night(spark, settings, night)).toPandas().set_index("model")
    assert record.loc[f"{PERCEPTRON}{WITH_WEATHER}", "is_published"]
    assert record.loc[f"{PERCEPTRON}{WITH_WEATHER}", "mae_eur_mwh"] < 0.7 * record.loc[PERCEPTRON, "mae_eur_mwh"]


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> dict[str, object]:
    """A market and the PVPC that follows it, up to the end of the year before the first without a rule."""
    spot = market_prices(170, start="2026-07-14")
    rules = tariffs()
    tolls = [pvpc.tolls(rules, t)[0] for t in spot.index]
    factors = pd.Series([pvpc.market_factor(rules, t) for t in spot.index], spot.index)
    tariff = pd.Series(tolls, spot.index) + factors * spot + 35.0
    both = [Market("spot", "ES", spot), Market("pvpc", "ES-peninsula", tariff)]
    return {each.market.market: each for each in ahead(spark, both, (LASSO,), None)}


def test_the_pvpc_is_composed_of_the_market_and_its_rules(found: dict[str, object]) -> None:
    record = {row[0]: row for row in found["pvpc"].record}  # type: ignore[attr-defined]
    assert {LASSO, NAIVE, COMPOSED} == set(record)
    assert all(0 < row[3] <= row[4] for row in record.values())  # MAE, RMSE
    (published,) = [name for name, row in record.items() if row[-1]]
    assert published == found["pvpc"].hours[0].model  # type: ignore[attr-defined]
    assert record[published][3] <= record[NAIVE][3]


def test_hours_whose_tolls_are_not_published_say_that_the_last_ones_stand(found: dict[str, object]) -> None:
    hours = found["pvpc"].hours  # type: ignore[attr-defined]
    edge = pd.Timestamp("2026-12-31T23:00Z")
    assert len(hours) == 48
    for hour in hours:
        assert (STANDS_IN in hour.step) == (hour.start >= edge)
        assert hour.p10 <= hour.p50 <= hour.p90
    assert not any(STANDS_IN in hour.step for hour in found["spot"].hours)  # type: ignore[attr-defined]
