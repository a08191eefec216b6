"""Revisions of a run: values that differ from the published ones, with the value before and the reason."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.quarters.energy_view import KEY, newest, read_rows
from batch_layer.runs import Night, Run
from energy.energy_row import MWH

VALUE = ("energy_wh", "completeness", "method", "lower_wh", "upper_wh", "cause")
WITHDRAWN = "withdrawn"
"""Method of a period whose published value has lost its evidence: no energy, completeness 0."""


def revisions(totals: DataFrame, published: DataFrame, pairs: DataFrame, run: Run) -> DataFrame:
    """Rows of ``totals`` that are not what is published, with ``before_wh`` and ``why``.

    ``why`` is *new* where the period has come under the cut with this run, *late* where it lay there before and a
    reading, or a first value, came after, *corrected* where an official value was revised. ``published`` are the
    published rows of the days of ``pairs`` (installation_id, event_day, by_reading), of each period maybe several.
    """
    if not run.published:
        return totals.withColumns({"before_wh": F.lit(None).cast("double"), "why": F.lit("new")})
    stood = newest(published.join(pairs, ["installation_id", "event_day"], "left_semi")).select(
        *KEY, "event_day", F.struct(*VALUE).alias("before")
    )
    both = totals.select(*KEY, "event_day", F.struct(*VALUE).alias("after")).join(
        stood, [*KEY, "event_day"], "full_outer"
    )
    absent = F.struct(
        F.lit(None).cast("double").alias("energy_wh"),
        F.lit(0.0).alias("completeness"),
        F.lit(WITHDRAWN).alias("method"),
        F.lit(None).cast("double").alias("lower_wh"),
        F.lit(None).cast("double").alias("upper_wh"),
        F.lit("").alias("cause"),
    )
    after = both.withColumn("after", F.coalesce("after", absent))
    different = after.where(~F.col("after").eqNullSafe(F.col("before")))
    why = (
        F.when(F.col("start") >= F.lit(run.previous_cut), "new")
        .when(F.col("before").isNull() | F.col("by_reading"), "late")
        .otherwise("corrected")
    )
    return different.join(F.broadcast(pairs), ["installation_id", "event_day"]).select(
        *KEY,
        *[f"after.{name}" for name in VALUE],
        "event_day",
        F.col("before.energy_wh").alias("before_wh"),
        why.alias("why"),
    )


def by_day(night: Night, days: Iterable[date]) -> DataFrame:
    """The changes by the run of each installation, UTC day and quantity, of what lay before the cut already.

    ``why`` is late or corrected; ``periods`` quarter-hours were changed, and together had ``before_wh`` and now have
    ``after_wh``. What has come under the cut with this run is new and no change.
    """

    def total(column: str) -> Column:
        return F.sum(F.round(F.coalesce(column, F.lit(0.0)) * MWH).cast("bigint")) / MWH

    return (
        read_rows(night.spark, night.settings, days, [night.run.run_id])
        .where("why <> 'new'")
        .groupBy("installation_id", F.col("event_day").alias("day"), "quantity", "why")
        .agg(
            F.count("*").cast("int").alias("periods"),
            total("before_wh").alias("before_wh"),
            total("energy_wh").alias("after_wh"),
        )
    )
