"""What a night publishes to account for its values: what it changed and why, what was missing, what others state.

Rows of ``change`` and ``gap`` carry the run's id and are seen when the run is. An ``official`` row is somebody else's
statement with the time it was known, part of its key: one that comes later stands beside the older, never over it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.incremental import affected_days
from batch_layer.master import dataset
from batch_layer.quarters import energy_view
from batch_layer.quarters.totals import STRETCHES
from batch_layer.runs import Run
from conf import Settings
from energy.energy_row import MWH
from energy.intervals import FIELDS

OFFICIAL_KEY = ("installation_id", "month", "start", "meter_id", "end", "source", "known_at", "method")


def changes(spark: SparkSession, settings: Settings, run: Run, days: Iterable[date]) -> DataFrame:
    """Of each installation, UTC day and quantity how much the run has changed of what lay before the cut already.

    ``why`` is late or corrected; ``periods`` quarter-hours were changed, and together had ``before_wh`` and now have
    ``after_wh``. What has come under the cut with this run is new and no change.
    """

    def total(column: str) -> Column:
        return F.sum(F.round(F.coalesce(column, F.lit(0.0)) * MWH).cast("bigint")) / MWH

    return (
        energy_view.read_rows(spark, settings, days, [run.run_id])
        .where("why <> 'new'")
        .groupBy("installation_id", F.col("event_day").alias("day"), "quantity", "why")
        .agg(
            F.count("*").cast("int").alias("periods"),
            total("before_wh").alias("before_wh"),
            total("energy_wh").alias("after_wh"),
        )
        .withColumn("run_id", F.lit(run.run_id))
    )


def gaps(spark: SparkSession, settings: Settings, run: Run) -> DataFrame:
    """The gap ledger of the devices and days this night spoke of."""
    if not run.finished["clean"]["expected_device_days"]:
        return spark.createDataFrame([], f"{STRETCHES}, month date, day date, run_id string").drop("event_day")
    return (
        spark.read.schema(STRETCHES)
        .parquet(run.staging(settings, "gaps"))
        .withColumnRenamed("event_day", "day")
        .withColumns({"month": F.trunc("day", "month"), "run_id": F.lit(run.run_id)})
    )


def official(spark: SparkSession, settings: Settings, run: Run) -> DataFrame:
    """What others have totalled and this run's archive has brought, with all else of those days.

    Of two statements that are known at once the greater energy stands, as in ``energy.intervals``; where an energy is
    not stated the field is null.
    """
    days = affected_days.days_brought(spark, settings, run, "intervals")
    return (
        dataset.read(spark, settings, "intervals", days)
        .withColumn("month", F.trunc("start", "month"))
        .groupBy(*OFFICIAL_KEY)
        .agg(*[F.max(name).alias(name) for name in FIELDS])
    )
