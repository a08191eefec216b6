"""A year of 17 homes as published nights and the speed layer leave it, and the same rows in plain Parquet."""

from __future__ import annotations

from datetime import datetime, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer import runs
from batch_layer.quarters.merged_months import merge
from conf import Settings
from store import cassandra
from store.runs import NIGHTLY
from store.spark import CASSANDRA

HOMES, DAYS, SPEED_DAYS = 17, 365, 40
QUARTER_S = 900
QUANTITIES = ("generation", "consumption", "import", "export", "self_consumption")
MARKS = dict.fromkeys(("readings", "intervals", "prices"), -1)


def year(spark: SparkSession, cut: datetime, now: datetime) -> DataFrame:
    """Every home's quarter-hours from a year before the ``cut`` up to ``now`` (UTC)."""
    first = int((cut - timedelta(days=DAYS)).timestamp())
    quarters = spark.range((int(now.timestamp()) - first) // QUARTER_S).select(
        F.timestamp_seconds(F.lit(first) + F.col("id") * QUARTER_S).alias("start")
    )
    homes = spark.range(HOMES).select(F.format_string("home-%04d", "id").alias("installation_id"))
    names = F.array(*map(F.lit, QUANTITIES))
    rows = quarters.crossJoin(homes).withColumn("quantity", F.explode(names))
    energy = F.expr("round(pmod(hash(start, installation_id, quantity), 1000000) / 1000D, 3)")
    rows = rows.withColumn("energy_wh", energy)
    bounds = [F.col("energy_wh").alias(bound) for bound in ("lower_wh", "upper_wh")]
    plain = [F.lit(1.0).alias("completeness"), F.lit("measured").alias("method"), F.lit("").alias("cause")]
    return rows.select("*", *plain, *bounds)


def keep(spark: SparkSession, settings: Settings, cut: datetime, now: datetime) -> str:
    """Leave the year in both views as nights and the speed layer do; the place of the same rows in plain Parquet."""
    rows, plain = year(spark, cut, now), settings.hdfs_path("plain")
    rows.coalesce(4).write.parquet(plain)
    rows = spark.read.parquet(plain)
    run = runs.Run(runs.run_id_of(cut), cut, cut, marks=MARKS)
    days = rows.where(F.col("start") < F.lit(cut)).withColumn("event_day", F.to_date("start"))
    days = days.withColumn("run_id", F.lit(run.run_id)).repartition(8, "event_day")
    days.write.partitionBy("event_day", "run_id").parquet(settings.hdfs_path("energy"))
    runs.save(spark, settings, run)
    merge(spark, settings, run.sources)
    live = rows.where(F.col("start") >= F.lit(cut - timedelta(days=SPEED_DAYS))).drop("lower_wh", "upper_wh", "cause")
    table = {"table": "energy_speed", "keyspace": settings.cassandra.keyspace}
    live = live.withColumn("month", F.expr("cast(trunc(start, 'MM') AS date)"))
    live.write.format(CASSANDRA).options(**table).mode("append").save()
    publish(settings, run, HOMES)
    return plain


def publish(settings: Settings, run: runs.Run, homes: int) -> None:
    """Register the homes, and show the run to whoever asks."""
    with cassandra.session(settings) as views:
        for number in range(homes):
            named = (f"home-{number:04d}", "home", "Europe/Madrid")
            views.execute("INSERT INTO installation (installation_id, kind, time_zone) VALUES (%s, %s, %s)", named)
        views.execute(
            "INSERT INTO run (name, run_id, started, published, cut) VALUES (%s, %s, %s, %s, %s)",
            (NIGHTLY, run.run_id, run.started, run.cut, run.cut),
        )
