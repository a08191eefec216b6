"""Forests on Spark: what they learn, what they rest on, and that they do not look ahead."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.forecasting.features.frame import Wanted, feature_table
from batch_layer.forecasting.features.site import Site
from batch_layer.forecasting.models import stored_model
from batch_layer.forecasting.models.blend import proven_centre
from batch_layer.forecasting.models.calibration import TRIAL_LEVELS, calibrated
from batch_layer.forecasting.models.fit import fit
from batch_layer.forecasting.models.model import Model
from batch_layer.forecasting.models.predict import predict
from batch_layer.forecasting.models.shape import MLLIB, XGBOOST, Shape
from batch_layer.forecasting.quantity import CONSUMPTION, SOLAR
from tests.support.series import load, plant, rows

SMALL = Shape(XGBOOST, trees=5, depth=4)
LEVELS = (0.1, 0.5, 0.9)
CUT = pd.Timestamp("2026-02-24", tz="UTC")


def table(spark: SparkSession, known_only: bool = False, shift: int = 0) -> DataFrame:
    """Two plants of 52 days; ``known_only`` hides what follows the cut, ``shift`` days age the weather."""
    history, weather = [], []
    for seed in (1, 2):
        values, issued = plant(52, seed)
        issued = issued.assign(issued_at=issued["issued_at"] + pd.Timedelta(days=shift))
        if known_only:
            values, issued = values[values.index < CUT], issued[issued["issued_at"] <= CUT]
        history.append(rows(str(seed), values))
        weather.append(issued.assign(series_id=str(seed)))
    days = pd.date_range(pd.Timestamp("2026-01-12", tz="UTC"), CUT, freq="D")
    return feature_table(
        spark.createDataFrame(pd.concat(history)),
        spark.createDataFrame(pd.concat(weather)),
        Wanted(SOLAR, lambda _: days, 24, {key: Site(capacity=900.0) for key in ("1", "2")}, ["ghi_w_m2"]),
    )


def forecast(features: DataFrame, engine: str) -> pd.DataFrame:
    past, last = features.where(F.col("time") < F.lit(CUT)), features.where(F.col("issued_at") == F.lit(CUT))
    model = fit(past, SOLAR, ["ghi_w_m2"], replace(SMALL, engine=engine), last)
    found = predict(model, last, LEVELS).toPandas()
    return found.sort_values(["series_id", "time"], ignore_index=True)


@pytest.fixture(scope="module")
def features(spark: SparkSession) -> DataFrame:
    return table(spark).cache()


@pytest.fixture(scope="module")
def hidden(spark: SparkSession) -> DataFrame:
    return table(spark, known_only=True).cache()


@pytest.fixture(scope="module", params=[MLLIB, XGBOOST])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def forecasts(features: DataFrame, engine: str) -> pd.DataFrame:
    return forecast(features, engine)


def test_weather_beats_yesterday(forecasts: pd.DataFrame) -> None:
    median = np.stack(forecasts["quantiles"].tolist())[:, 1]

    assert np.abs(forecasts["value"] - median).mean() < 0.6 * np.abs(forecasts["value"] - forecasts["naive"]).mean()
    assert set(forecasts["step"]) == {"weather", "night"}


def test_quantiles_keep_their_order_and_bounds(forecasts: pd.DataFrame) -> None:
    quantiles = np.stack(forecasts["quantiles"].tolist())

    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert quantiles.min() >= 0
    assert quantiles.max() <= 900
    assert (quantiles[forecasts["dark"]] == 0).all()


def test_hiding_all_that_follows_the_issue_changes_no_byte(
    hidden: DataFrame, engine: str, forecasts: pd.DataFrame
) -> None:
    blind = forecast(hidden, engine)

    assert np.stack(blind["quantiles"].tolist()).tobytes() == np.stack(forecasts["quantiles"].tolist()).tobytes()
    assert blind["step"].tolist() == forecasts["step"].tolist()


def test_weather_an_issue_late_makes_a_worse_forecast(spark: SparkSession, features: DataFrame) -> None:
    def error(found: pd.DataFrame) -> float:
        return float(np.abs(found["value"] - np.stack(found["quantiles"].tolist())[:, 1]).mean())

    assert error(forecast(table(spark, shift=1), XGBOOST)) > error(forecast(features, XGBOOST))


def test_half_a_horizon_without_weather_rests_on_history(features: DataFrame) -> None:
    model = fit(features.where(F.col("time") < F.lit(CUT)), SOLAR, ["ghi_w_m2"], SMALL)
    last = features.where(F.col("issued_at") == F.lit(CUT))
    cloudy = F.when(F.col("horizon") < 12, F.col("weather_ghi_w_m2"))
    found = predict(model, last.withColumn("weather_ghi_w_m2", cloudy), LEVELS).toPandas()

    lit = found[~found["dark"]]
    hour = lit["time"].dt.hour
    assert set(lit["step"][hour < 12]) == {"weather"}
    assert set(lit["step"][hour >= 12]) == {"history"}
    assert lit["quantiles"].notna().all()


def test_a_series_of_three_days_stands_on_the_naive_forecast(spark: SparkSession) -> None:
    values = load(3)
    issue = pd.DatetimeIndex([values.index[-1] + pd.Timedelta("1h")])
    features = feature_table(
        spark.createDataFrame(rows("x", values)), None, Wanted(CONSUMPTION, lambda _: issue, 24, {})
    )
    model = fit(features, CONSUMPTION, [], SMALL)
    found = predict(model, features, LEVELS).toPandas()

    assert len(found) == 24
    assert set(found["step"]) == {"persistence"}
    quantiles = np.stack(found["quantiles"].tolist())
    assert np.allclose(quantiles[:, 1], found["naive"])
    assert (np.diff(quantiles, axis=1) >= 0).all()


def test_a_series_of_a_few_hours_has_no_rows_and_the_others_have_theirs(spark: SparkSession) -> None:
    long, short = load(3), load(3)[:5]
    issue = pd.DatetimeIndex([long.index[-1] + pd.Timedelta("1h")])
    history = spark.createDataFrame(pd.concat([rows("long", long), rows("short", short)]))
    found = feature_table(history, None, Wanted(CONSUMPTION, lambda _: issue, 24, {})).toPandas()
    assert set(found["series_id"]) == {"long"}


def test_a_new_plant_is_forecast_on_its_first_day_by_size_and_place(spark: SparkSession, engine: str) -> None:
    place = Site(latitude=40.4, longitude=-3.7, tilt=30.0, azimuth=180.0)
    given = [rows(str(seed), plant(52, seed)[0] * seed) for seed in (1, 2)]
    given.append(pd.DataFrame({"series_id": ["new"], "start": [CUT - pd.Timedelta("1h")], "value": [np.nan]}))
    sites = {
        "1": replace(place, capacity=900.0),
        "2": replace(place, capacity=1800.0),
        "new": replace(place, capacity=90.0),
    }
    days = pd.date_range(pd.Timestamp("2026-01-12", tz="UTC"), CUT, freq="D")
    features = feature_table(spark.createDataFrame(pd.concat(given)), None, Wanted(SOLAR, lambda _: days, 24, sites))
    last = features.where(F.col("issued_at") == F.lit(CUT))
    model = fit(features.where(F.col("time") < F.lit(CUT)), SOLAR, [], replace(SMALL, engine=engine), last)
    found = predict(model, last, LEVELS).toPandas().sort_values("time")

    new = found[found["series_id"] == "new"]
    old = found[found["series_id"] == "1"]
    median, middle = (np.stack(own["quantiles"].tolist()) for own in (new, old))
    assert set(new["step"]) == {"climatology", "night"}
    assert (median[new["dark"]] == 0).all()
    assert median.max() <= 90
    assert median[:, 1].sum() == pytest.approx(middle[:, 1].sum() / 10, rel=0.4)


def test_a_model_comes_back_as_it_was_saved(features: DataFrame, engine: str, tmp_path: Path) -> None:
    last = features.where(F.col("issued_at") == F.lit(CUT))
    model = fit(features.where(F.col("time") < F.lit(CUT)), SOLAR, ["ghi_w_m2"], replace(SMALL, engine=engine), last)
    model = replace(model, centre={"1": (0.5, 0.0), "2": (0.0, 0.5)})
    stored_model.save(model, f"file://{tmp_path}/model")
    again = stored_model.load(f"file://{tmp_path}/model", SOLAR)

    first, second = (predict(m, last, LEVELS).orderBy("series_id", "time").toPandas() for m in (model, again))
    pd.testing.assert_frame_equal(first, second)


def test_the_spread_is_calibrated_and_the_median_left_alone() -> None:
    wide = Model(SOLAR, None, None, (), calibration=tuple(0.5 + 1.2 * (p - 0.5) for p in TRIAL_LEVELS))
    asked = calibrated(replace(wide, calibration=tuple(np.clip(wide.calibration, 0, 1))), LEVELS)

    assert asked[1] == pytest.approx(0.5)
    assert 0.1 < asked[0] < 0.2
    assert asked[2] == pytest.approx(1 - asked[0])


def test_a_series_is_centred_on_what_proved_better() -> None:
    value = np.linspace(1, 2, 30)
    plain = pd.DataFrame(
        {"value": value, "middle": value + 0.3, "linear": value + 0.3, "naive": value + 0.6, "dark": False}
    )
    given = {
        "line": plain.assign(linear=value + 0.01),
        "forest": plain.assign(middle=value + 0.01),
        "both": plain.assign(linear=value - 0.3),
        "naive": plain.assign(linear=value + 0.6, naive=value - 0.3),
    }

    found = proven_centre(pd.concat([own.assign(series_id=key) for key, own in given.items()]))

    assert found == {"line": (1.0, 0.0), "both": (0.5, 0.0), "naive": (0.0, 0.5)}


def open_to_all() -> set[int]:
    """Ports of this process and its children that other hosts may reach."""
    found = set()
    for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            sockets = process.net_connections("inet")
            found |= {s.laddr.port for s in sockets if s.status == "LISTEN" and not is_loopback(s.laddr.ip)}
    return found


def is_loopback(text: str) -> bool:
    """Java writes 127.0.0.1 as an address of IPv6."""
    address = ip_address(text)
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def test_a_fit_listens_on_loopback_alone(features: DataFrame) -> None:
    past = features.where(F.col("time") < F.lit(CUT))
    over, seen = threading.Event(), set()

    def watch() -> None:
        while not over.wait(0.02):
            seen.update(open_to_all())

    watching = threading.Thread(target=watch)
    watching.start()
    model = fit(past, SOLAR, ["ghi_w_m2"], SMALL)
    over.set()
    watching.join()

    assert model.with_weather is not None
    assert seen == set()
