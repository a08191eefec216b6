"""The reach of a statement of others beyond its own time: those that overlap it, and the holes beside it.

A total known later scales the hours it covers (`energy.statements`), so statements that overlap are totalled together.
Where a meter has stated nothing between two statements there is a hole, which the gap ledger states.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.master import dataset
from batch_layer.runs import Night
from energy.statements.intervals import FIELDS
from energy.topics import LONGEST_INTERVAL

METER = ["installation_id", "meter_id"]
INSTANT = timedelta(microseconds=1)


def near(night: Night, days: Iterable[date]) -> DataFrame:
    """The statements of the ``days`` (UTC), and those as far around them as the longest statement reaches."""
    around = range(-LONGEST_INTERVAL.days, LONGEST_INTERVAL.days + 1)
    wanted = {day + timedelta(days=n) for day in set(days) for n in around}
    return dataset.read(night.spark, night.settings, "intervals", wanted)


def together(statements: DataFrame) -> DataFrame:
    """The statements with ``shared_start`` and ``shared_end``: the time of all that overlap, directly or by others."""
    in_order = Window.partitionBy(*METER).orderBy("start", "end")
    before = F.max("end").over(in_order.rowsBetween(Window.unboundedPreceding, -1))
    begins = F.coalesce(before <= F.col("start"), F.lit(True)).cast("int")
    numbered = statements.withColumn("_begins", begins).withColumn("_number", F.sum("_begins").over(in_order))
    of_one = Window.partitionBy(*METER, "_number")
    spanned = numbered.withColumns(
        {"shared_start": F.min("start").over(of_one), "shared_end": F.max("end").over(of_one)}
    )
    return spanned.drop("_begins", "_number")


def affected(new: DataFrame, around: DataFrame) -> DataFrame:
    """Installations and UTC days that ``new`` statements bear on; ``around`` are the older ones near them."""
    stated = new.select(*METER, "start", "end", F.lit(True).alias("_is_new"))
    in_order = Window.partitionBy(*METER).orderBy("shared_start")
    before, after = F.lag("shared_end").over(in_order), F.lead("shared_start").over(in_order)
    return (
        together(stated.unionByName(_beside(stated, around)))
        .groupBy(*METER, "shared_start", "shared_end")
        .agg(F.max("_is_new").alias("_is_new"))
        .withColumn("_from", F.when(before < F.col("shared_start"), before - F.lit(INSTANT)))
        .withColumn("_until", F.when(after > F.col("shared_end"), after))
        .where("_is_new")
        .withColumn("_from", F.to_date(F.coalesce("_from", "shared_start")))
        .withColumn("_until", F.to_date(F.coalesce("_until", F.col("shared_end") - F.lit(INSTANT))))
        .selectExpr("installation_id", "explode(sequence(_from, _until)) AS event_day")
        .distinct()
    )


def _beside(new: DataFrame, around: DataFrame) -> DataFrame:
    """The part of ``around`` that overlaps a meter's ``new`` statements, and an instant of the next on each side."""
    bounds = new.groupBy(*METER).agg(F.min("start").alias("_first"), F.max("end").alias("_last"))
    of_theirs = around.join(bounds, METER)
    start, end = F.col("start"), F.col("end")
    edges = of_theirs.groupBy(*METER).agg(
        F.max(F.when(end <= F.col("_first"), end)).alias("_before"),
        F.min(F.when(start >= F.col("_last"), start)).alias("_after"),
    )
    before = edges.where("_before IS NOT NULL").select(
        *METER, (F.col("_before") - F.lit(INSTANT)).alias("start"), "_before"
    )
    after = edges.where("_after IS NOT NULL").select(*METER, "_after", (F.col("_after") + F.lit(INSTANT)).alias("end"))
    overlapping = of_theirs.where((start < F.col("_last")) & (end > F.col("_first"))).select(*METER, "start", "end")
    beside = overlapping.union(before).union(after)
    return beside.withColumn("_is_new", F.lit(False))


def needed(around: DataFrame, pairs: DataFrame) -> DataFrame:
    """The statements that reach into an affected pair's day, and what overlaps those; with ``together``'s columns."""
    wanted = pairs.select("installation_id", F.col("event_day").alias("affected_day")).distinct()
    reaching = around.join(wanted, "installation_id").where(
        (F.col("affected_day") >= F.to_date("start")) & (F.col("end") > F.col("affected_day").cast("timestamp"))
    )
    bounds = reaching.groupBy(*METER).agg(F.min("start").alias("_first"), F.max("end").alias("_last"))
    overlapping = around.join(bounds, METER).where("start < _last AND `end` > _first").drop("_first", "_last")
    return together(overlapping)


def expected(around: DataFrame, devices: DataFrame, pairs: DataFrame) -> DataFrame:
    """Meters, their quantities and affected days of the gap ledger: from the first statement of one to its last.

    A meter that sends readings itself is expected as a device. Columns: those of the artifact ``expected``.
    """
    said = [F.when(F.col(field).isNotNull(), F.lit(quantity)) for field, quantity in FIELDS.items()]
    meters = (
        around.select(*METER, "start", "end", F.explode(F.array_compact(F.array(*said))).alias("quantity"))
        .groupBy(*METER, F.array("quantity").alias("quantities"))
        .agg(F.min("start").alias("stated_from"), F.max("end").alias("stated_until"))
        .withColumnRenamed("meter_id", "device_id")
        .join(devices.select("installation_id", "device_id"), ["installation_id", "device_id"], "left_anti")
    )
    days = pairs.select("installation_id", "event_day").distinct()
    until = F.to_date(F.col("stated_until") - F.lit(INSTANT))
    within = meters.join(days, "installation_id").where(F.col("event_day").between(F.to_date("stated_from"), until))
    return within.withColumn("is_first", F.lit(False))
