"""The forecasting steps of a night, from the batch view's energy to the rows that are published, without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer import artifacts, evaluate, features, forecast, train
from batch_layer.forecasting.features.site import Site
from batch_layer.runs import Night, Run
from conf import Settings
from store.history.memberships import Membership
from tests.support.series import load, plant

DAYS = 64
PARTS = [Membership(home, "all") for home in ("a", "b", "new")]
PLACE = Site(latitude=40.4, longitude=-3.7, zone="Europe/Madrid")
SITES = {"a": replace(PLACE, capacity=900.0), "b": replace(PLACE, capacity=900.0), "all": PLACE}
SITES |= {"new": replace(PLACE, capacity=500.0)}


def hourly(night: Run) -> pd.DataFrame:
    """Two homes and their community up to the cut; the third has only been registered."""
    start = f"{night.cut - timedelta(days=DAYS):%Y-%m-%d}"
    frames = []
    for seed, home in enumerate(("a", "b")):
        for quantity, values in (
            ("generation", plant(DAYS, seed, start)[0]),
            ("consumption", load(DAYS, seed, start) * 3),
        ):
            frames.append(pd.DataFrame({"series_id": home, "quantity": quantity, "start": values.index, "wh": values}))
    homes = pd.concat(frames)
    together = homes.groupby(["quantity", "start"], as_index=False)["wh"].sum().assign(series_id="all")
    return pd.concat([homes, together])


@pytest.fixture
def small(settings: Settings) -> Settings:
    update = {"engines": ["xgboost"], "trees": 6, "depth": 5, "training_rows": 3000}
    return settings.model_copy(update={"forecast": settings.forecast.model_copy(update=update)})


def keep(spark: SparkSession, settings: Settings, night: Run) -> pd.DataFrame:
    """The energy view of the hours, in quarters."""
    given = hourly(night)
    quarters = spark.createDataFrame(given).withColumn("n", F.explode(F.sequence(F.lit(0), F.lit(3))))
    start = F.timestamp_seconds(F.unix_timestamp("start") + 900 * F.col("n"))
    plain = {"completeness": F.lit(1.0), "method": F.lit("measured"), "cause": F.lit("")}
    energy = {name: F.col("wh") / 4 for name in ("energy_wh", "lower_wh", "upper_wh")}
    rows: DataFrame = quarters.select(
        F.col("series_id").alias("installation_id"),
        "quantity",
        start.alias("start"),
        *[column.alias(name) for name, column in (energy | plain).items()],
        F.to_date("start").alias("event_day"),
        F.lit(night.run_id).alias("run_id"),
    )
    rows.write.partitionBy("event_day", "run_id").parquet(settings.hdfs_path("energy"))
    return given


def test_the_night_forecasts_homes_a_community_and_a_newcomer(spark: SparkSession, small: Settings, night: Run) -> None:
    given, at_work = keep(spark, small, night), Night(spark, small, night)
    counted = features.build(at_work, SITES, PARTS).counts
    train.run(at_work)
    forecast.issue(at_work, PARTS)
    scores = evaluate.score(at_work, PARTS).counts

    rows = artifacts.FORECAST.read(at_work).toPandas()
    wide = rows.pivot_table(index=["quantity", "time"], columns="installation_id", values="p50")
    assert rows.groupby(["installation_id", "quantity"]).size().eq(48).all()
    assert np.allclose(wide[["a", "b", "new"]].sum(axis=1), wide["all"])
    assert ((rows["p10"] <= rows["p50"]) & (rows["p50"] <= rows["p90"]) & (rows["p10"] >= 0)).all()

    generation = rows[rows["quantity"] == "generation"].set_index("installation_id")
    night_hours = generation["time"].dt.hour.isin([0, 1, 2, 3, 22, 23])
    assert (generation.loc[night_hours, "p90"] == 0).all()
    assert generation.loc[["a", "b"], "p90"].max() <= 900
    assert set(generation.loc["new", "step"]) == {"climatology", "night"}
    assert 50 < generation.loc["new", "p50"].max() <= 500

    # What homes use is not bounded by their panels.
    used = given[(given["quantity"] == "consumption") & (given["series_id"] == "a")]["wh"]
    assert used.quantile(0.9) > 900
    assert rows[(rows["quantity"] == "consumption") & (rows["installation_id"] == "a")]["p90"].max() > 900

    assert counted["generation_rows"] < 3 * (DAYS - 30) * 48 + 3 * 30 * 48
    assert scores["scored"] == 6
    errors = artifacts.ERRORS.read(at_work).toPandas()
    assert set(errors["slice_by"]) == {"horizon", "month"}
    assert {"00", "23"} <= set(errors[errors["quantity"] == "consumption"]["slice"])
