"""The country's weather for the price forecast: archived forecasts of all stations, as they were issued."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer import master
from batch_layer.pricing.ahead import Market
from batch_layer.runs import Run
from conf import Settings

VARIABLES = ("temperature_c", "wind_speed_m_s", "cloud_fraction")
"""What moves demand, wind power and solar power."""
MOST_STATIONS = 60
"""Up to so many each station's weather is an input of the perceptron; other models learn from their mean and range."""


def read(spark: SparkSession, settings: Settings, run: Run, markets: Sequence[Market]) -> pd.DataFrame | None:
    """issued_at, time and numbers: of each variable the mean, least and most over all stations, or each station's own.

    None where no market is forecast or no weather forecast is archived.
    """
    if not markets:
        return None
    first = (run.cut - timedelta(days=settings.price.history_days)).date()
    last = (run.cut + timedelta(days=3)).date()
    days = [day for day in master.days(spark, settings, "weather") if first <= day <= last]
    if not days:
        return None
    issued = master.read(spark, settings, "weather", days).where(
        (F.col("kind") == "forecast") & (F.col("issued_at") <= F.lit(run.cut))
    )
    # A midnight takes, of each station and hour, the newest issue of the day before it.
    midnight = F.date_trunc("day", F.col("issued_at") - F.expr("INTERVAL 1 SECOND")) + F.expr("INTERVAL 1 DAY")
    hour = (
        issued.withColumn("said_at", F.col("issued_at"))
        .groupBy("location_id", midnight.alias("issued_at"), F.date_trunc("hour", "time").alias("time"))
        .agg(*[F.max_by(name, "said_at").alias(name) for name in VARIABLES])
    )
    keys = hour.groupBy("issued_at", "time")
    stations = hour.select("location_id").distinct().count() if settings.price.model == "mlp" else 0
    if 0 < stations <= MOST_STATIONS:
        rows = keys.pivot("location_id").agg(*[F.first(name).alias(name) for name in VARIABLES])
    else:
        rows = keys.agg(*[f(name).alias(f"{name}_{f.__name__}") for name in VARIABLES for f in (F.avg, F.min, F.max)])
    found = rows.toPandas()
    if found.empty:
        return None
    for name in ("issued_at", "time"):
        found[name] = pd.to_datetime(found[name], utc=True).astype("datetime64[ns, UTC]")
    answer: pd.DataFrame = found.dropna(axis=1, how="all")
    return answer
