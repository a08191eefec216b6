"""The features known at each past midnight, and the outcome: the table that models learn from.

One row an installation, issue instant and hour to forecast.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.artifacts import FEATURES
from batch_layer.forecasting.features.frame import Wanted, feature_table
from batch_layer.forecasting.features.irradiance import with_irradiance
from batch_layer.forecasting.features.site import Site
from batch_layer.forecasting.issues import (
    FORECAST,
    HISTORY_DAYS,
    HORIZON,
    SKILL_DAYS,
    TRAIN_DAYS,
    WEATHER,
    issue_instants,
    one_issue_in,
)
from batch_layer.forecasting.quantity import Quantity
from batch_layer.forecasting.sites import read_sites
from batch_layer.master import dataset
from batch_layer.quarters.energy_view import read_energy
from batch_layer.runs import Night, Outcome, Run
from store.history.memberships import Membership


def run(night: Night) -> Outcome:
    """Build the feature tables of the night."""
    sites, parts = read_sites(night.settings, night.run.cut)
    return build(night, sites, parts)


def build(night: Night, sites: Mapping[str, Site], parts: Iterable[Membership]) -> Outcome:
    """Feature rows from the batch view and the archived weather, by quantity."""
    cut = pd.Timestamp(night.run.cut)
    first = (night.run.cut - timedelta(days=HISTORY_DAYS)).date()
    values = read_energy(night, first, (night.run.cut - timedelta(days=1)).date())
    history = hours(values, night.run).persist()
    weather, variables = read_weather(night, sites)
    counts = {}
    wholes = {each.community_id for each in parts}
    whole_stride = _stride(len(wholes), night.settings.forecast.training_rows // 2)
    for name, quantity in FORECAST.items():
        own = history.where(F.col("quantity") == name).select("series_id", "start", "value")
        size = own.select("series_id").distinct().count()
        stride = _stride(size, night.settings.forecast.training_rows)

        def issues(series_id: str, stride: int = stride) -> pd.DatetimeIndex:
            return issue_instants(series_id, cut, whole_stride if series_id in wholes else stride)

        own = own.unionByName(_newcomers(night.spark, own, sites, cut)) if quantity.sun else own
        known = with_irradiance(variables, quantity)
        table = feature_table(own, weather, Wanted(quantity, issues, HORIZON, _bounded(sites, quantity), known))
        # Of the last 30 days each hour of the first day is needed for the record; the second is only learnt from.
        before = F.col("issued_at") < F.lit(night.run.cut - timedelta(days=SKILL_DAYS))
        at_cut = F.col("issued_at") == F.lit(night.run.cut)
        table = table.where((F.col("horizon") < 24) | before | at_cut | one_issue_in(stride))
        FEATURES[name].write(night, table)
        counts[f"{name}_rows"] = FEATURES[name].read(night).count()
    history.unpersist()
    return Outcome(counts)


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
    return {key: site if quantity.sun else replace(site, capacity=None, earlier=()) for key, site in sites.items()}


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


def read_weather(night: Night, sites: Mapping[str, Site]) -> tuple[DataFrame | None, list[str]]:
    """Archived weather forecasts issued up to the cut, by installation, and the variables that are there.

    An installation's weather is that of the location with its own id, or with its municipality's.
    """
    first = (night.run.cut - timedelta(days=HISTORY_DAYS)).date()
    last = (night.run.cut + timedelta(days=3)).date()
    wanted = [day for day in dataset.days(night.spark, night.settings, "weather") if first <= day <= last]
    if not wanted:
        return None, []
    issued = dataset.read(night.spark, night.settings, "weather", wanted).where(
        (F.col("kind") == "forecast") & (F.col("issued_at") <= F.lit(night.run.cut))
    )
    known = issued.agg(*[F.count(name).alias(name) for name in WEATHER]).first()
    variables = [name for name in WEATHER if known is not None and known[name] > 0]
    pairs = [(key, site.location) for key, site in sites.items() if site.location]
    pairs += [(key, key) for key in sites]
    if not variables:
        return None, []
    where = F.broadcast(night.spark.createDataFrame(pairs, "series_id string, location_id string"))
    rows = issued.join(where, "location_id").groupBy("series_id", "issued_at", "time")
    return rows.agg(*[F.avg(name).alias(name) for name in variables]), variables


if __name__ == "__main__":
    from batch_layer.entry import main

    main("features")
