"""Step 4: what was known at each past midnight, and what came of it: the table that models learn from.

``/solera/features/<run_id>/<quantity>``: one row an installation, issue instant and hour to forecast.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pandas as pd
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.forecasting.frame import feature_table
from batch_layer.forecasting.irradiance import with_irradiance
from batch_layer.forecasting.quantity import CONSUMPTION, SOLAR, Quantity
from batch_layer.forecasting.site import Site
from batch_layer.forecasting.sites import read_sites
from batch_layer.master import dataset
from batch_layer.quarters.energy_view import read_energy
from batch_layer.runs import Run
from conf import Settings
from store import hdfs

FORECAST = {"generation": SOLAR, "consumption": CONSUMPTION}
"""Quantities of the platform that are forecast, and what kind of quantity each is."""
HORIZON = 48
"""Hours; two days from the cut, so that the next 24 h are covered at any time of the day."""
HISTORY_DAYS, TRAIN_DAYS, SKILL_DAYS = 400, 365, 30
WEATHER = ("temperature_c", "cloud_fraction", "ghi_w_m2", "relative_humidity", "wind_speed_m_s", "precipitation_mm")


def run(spark: SparkSession, settings: Settings, run: Run) -> dict[str, int]:
    """Build the feature tables of the night."""
    sites, parts = read_sites(settings)
    return build(spark, settings, run, sites, parts)


def build(
    spark: SparkSession, settings: Settings, run: Run, sites: Mapping[str, Site], parts: Mapping[str, str]
) -> dict[str, int]:
    """Feature rows from the batch view and the archived weather, by quantity."""
    cut = pd.Timestamp(run.cut)
    first = (run.cut - timedelta(days=HISTORY_DAYS)).date()
    values = read_energy(spark, settings, run, first, (run.cut - timedelta(days=1)).date())
    history = hours(values, run).persist()
    weather, variables = read_weather(spark, settings, run, sites)
    counts = {}
    wholes = set(parts.values())
    whole_stride = _stride(len(wholes), settings.forecast.training_rows // 2)
    for name, quantity in FORECAST.items():
        own = history.where(F.col("quantity") == name).select("series_id", "start", "value")
        size = own.select("series_id").distinct().count()
        stride = _stride(size, settings.forecast.training_rows)

        def issues(series_id: str, stride: int = stride) -> pd.DatetimeIndex:
            return issue_instants(series_id, cut, whole_stride if series_id in wholes else stride)

        own = own.unionByName(_newcomers(spark, own, sites, cut)) if quantity.sun else own
        known = with_irradiance(variables, quantity)
        table = feature_table(own, weather, quantity, issues, HORIZON, _bounded(sites, quantity), known)
        # Of the last 30 days each hour of the first day is needed for the record; the second is only learnt from.
        before = F.col("issued_at") < F.lit(run.cut - timedelta(days=SKILL_DAYS))
        at_cut = F.col("issued_at") == F.lit(run.cut)
        table = table.where((F.col("horizon") < 24) | before | at_cut | one_issue_in(stride))
        table.write.mode("overwrite").parquet(folder(settings, run, name))
        counts[f"{name}_rows"] = read(spark, settings, run, name).count()
    history.unpersist()
    for old in hdfs.names(spark, settings.hdfs_path("features")):
        if old != run.run_id:  # a table serves its own night alone
            hdfs.delete(spark, settings.hdfs_path("features", old))
    return counts


def _stride(series: int, rows: int) -> int:
    """Every how many-th day of so many series makes about ``rows`` rows of a year."""
    return max(1, round(series * TRAIN_DAYS * HORIZON / rows))


def _newcomers(spark: SparkSession, own: DataFrame, sites: Mapping[str, Site], cut: pd.Timestamp) -> DataFrame:
    """An empty hour of each plant of known size and place that has not generated yet, so that it is forecast, too."""
    known = [(key, (cut - pd.Timedelta("1h")).to_pydatetime(), None) for key, site in sites.items() if site.is_known]
    rows = spark.createDataFrame(known, "series_id string, start timestamp, value double")
    return rows.join(own.select("series_id").distinct(), "series_id", "left_anti")


def _bounded(sites: Mapping[str, Site], quantity: Quantity) -> dict[str, Site]:
    """``sites`` for ``quantity``: the capacity registered is that of the panels, and bounds nothing else."""
    return {key: site if quantity.sun else replace(site, capacity=None) for key, site in sites.items()}


def folder(settings: Settings, run: Run, name: str) -> str:
    """Where the feature table of a quantity lies."""
    return settings.hdfs_path("features", run.run_id, name)


def read(spark: SparkSession, settings: Settings, run: Run, name: str) -> DataFrame:
    """The night's feature table of a quantity."""
    return spark.read.parquet(folder(settings, run, name))


def hours(values: DataFrame, run: Run) -> DataFrame:
    """Energy of whole hours before the cut, in Wh: series_id, quantity, start, value.

    An hour that lacks a quarter, or more than a quarter of its time, says nothing about a whole hour.
    """
    whole = (F.col("quarters") == 4) & (F.col("completeness") >= 0.75)
    return (
        values.where(F.col("quantity").isin(*FORECAST) & (F.col("start") < F.lit(run.cut)))
        .groupBy(F.col("installation_id").alias("series_id"), "quantity", F.date_trunc("hour", "start").alias("start"))
        .agg(
            F.sum("energy_wh").alias("value"),
            F.count("energy_wh").alias("quarters"),
            F.avg("completeness").alias("completeness"),
        )
        .where(whole)
        .select("series_id", "quantity", "start", "value")
    )


def one_issue_in(count: int) -> Column:
    """Holds for about one in ``count`` issues, always the same ones."""
    return F.pmod(F.xxhash64("series_id", "issued_at"), F.lit(count)) == 0


def issue_instants(series_id: str, cut: pd.Timestamp, stride: int) -> pd.DatetimeIndex:
    """Midnights whose rows are made: all of the last 30 days, every ``stride``-th before, and the cut.

    Which ones is decided by the series' name, so that many series together leave no day out.
    """
    days = pd.date_range(cut - pd.Timedelta(days=TRAIN_DAYS), cut, freq="D")
    number = days.normalize().asi8 // 86_400_000_000_000 + zlib.crc32(series_id.encode())
    answer: pd.DatetimeIndex = days[(number % stride == 0) | (days >= cut - pd.Timedelta(days=SKILL_DAYS))]
    return answer


def read_weather(
    spark: SparkSession, settings: Settings, run: Run, sites: Mapping[str, Site]
) -> tuple[DataFrame | None, list[str]]:
    """Archived weather forecasts issued up to the cut, by installation, and the variables that are there.

    An installation's weather is that of the location with its own id, or with its municipality's.
    """
    first = (run.cut - timedelta(days=HISTORY_DAYS)).date()
    last = (run.cut + timedelta(days=3)).date()
    wanted = [day for day in dataset.days(spark, settings, "weather") if first <= day <= last]
    if not wanted:
        return None, []
    issued = dataset.read(spark, settings, "weather", wanted).where(
        (F.col("kind") == "forecast") & (F.col("issued_at") <= F.lit(run.cut))
    )
    known = issued.agg(*[F.count(name).alias(name) for name in WEATHER]).first()
    variables = [name for name in WEATHER if known is not None and known[name] > 0]
    pairs = [(key, site.location) for key, site in sites.items() if site.location]
    pairs += [(key, key) for key in sites]
    if not variables:
        return None, []
    where = F.broadcast(spark.createDataFrame(pairs, "series_id string, location_id string"))
    rows = issued.join(where, "location_id").groupBy("series_id", "issued_at", "time")
    return rows.agg(*[F.avg(name).alias(name) for name in variables]), variables


if __name__ == "__main__":
    from batch_layer.entry import main

    main("features")
