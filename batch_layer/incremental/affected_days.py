"""The (installation, UTC day) pairs that a night has to total again, and no more.

A reading affects its own day and, by the deltas to its neighbours, the day before and after; where its device was
silent before or after, every day of that silence and the one at its other end. An interval affects the days it spans,
those of the intervals that overlap it, and a hole of its meter beside it (:mod:`batch_layer.incremental.statements`).
The days that have come under the cut since the last published run are affected by what the master already held of them.
A retraction, and a change of the catalogue's past, affect their days until a published run has totalled them again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer import runs
from batch_layer.incremental import device_days, statements
from batch_layer.master import dataset
from batch_layer.quarters import energy_view
from batch_layer.runs import Night
from conf import Settings
from energy.calendar import dates, utc_dates
from energy.topics import LONGEST_INTERVAL
from store.catalogue import Catalogue
from store.history.recounts import Recount
from store.history.retraction import Retraction

CONTEXT_DAYS = 2
"""Days around an affected day, and beyond a silence that holds it, whose readings its deltas need."""
PAIRS = "installation_id string, event_day date, by_reading boolean"
READING_SPAN = "explode(sequence(date_sub(event_day, 1), date_add(event_day, 1))) AS event_day"


def marks(night: Night) -> dict[str, int]:
    """The last archive batch of each topic that a published run has worked in; −1 where none has."""
    found = dict.fromkeys(("readings", "intervals", "prices"), -1)
    if not night.run.published:
        return found
    newest = runs.record(night.spark, night.settings, night.run.published[-1])
    # Runs published by version 0.1.0 hold their marks among the counts of the step.
    marked = newest.get("marks") or {t: newest["steps"]["clean"][f"{t}_through_batch"] for t in found}
    return {topic: int(marked[topic]) for topic in found}


def affected_days(
    night: Night,
    batches: dict[str, dict[int, list[date]]],
    devices: DataFrame,
    catalogue: Catalogue,
    recounts: Sequence[Recount] = (),
) -> DataFrame:
    """Affected pairs before the cut; ``by_reading`` where a reading has arrived since the last published run.

    ``batches`` are the archive batches of readings and intervals that are new to this run, ``devices`` the
    days of all (:mod:`batch_layer.incremental.device_days`), those batches included; ``recounts`` wait to be done.
    """
    readings = dataset.read_batches(night.spark, night.settings, "readings", batches["readings"])
    pairs = _by_readings(readings, new=True)
    if any(batches["intervals"].values()):
        pairs = pairs.unionByName(_by_new_intervals(night, batches["intervals"]))
    waiting = [each for of in catalogue.retractions.values() for each in of if each.run_id is None]
    if waiting:
        pairs = pairs.unionByName(night.spark.createDataFrame(_taken_back(waiting, devices), PAIRS))
    if of_statements := [each for each in waiting if each.topic == "intervals"]:
        pairs = pairs.unionByName(_by_statements_taken_back(night, of_statements))
    if recounts:
        pairs = pairs.unionByName(night.spark.createDataFrame(_recounted(night, recounts), PAIRS))
    if any(batches["readings"].values()):
        pairs = pairs.unionByName(_by_silence_ended(readings, devices))
    cut = night.run.cut.date()
    if night.run.previous_cut is not None and night.run.previous_cut < night.run.cut:
        since = night.run.previous_cut.date()
        pairs = pairs.unionByName(_come_under_the_cut(night.spark, night.settings, since, cut))
        if devices.head(1):
            pairs = pairs.unionByName(_in_silence(devices, since, cut))
    return (
        pairs.where(F.col("event_day") < F.lit(cut))
        .groupBy("installation_id", "event_day")
        .agg(F.max("by_reading").alias("by_reading"))
    )


def _taken_back(waiting: Sequence[Retraction], devices: DataFrame) -> list[tuple[str, date, bool]]:
    """Pairs of the retractions that no published run has totalled: their days, and the silences they have left."""
    of_them = devices.where(F.col("installation_id").isin([each.installation_id for each in waiting]))
    spans: dict[str, list[Sequence[device_days.Span]]] = defaultdict(list)
    for row in of_them.select("installation_id", "spans").collect():
        spans[row.installation_id].append(row.spans)
    return [
        (each.installation_id, day, False)
        for each in waiting
        for day in device_days.around(spans[each.installation_id], each.start.date(), each.until.date())
    ]


def _by_statements_taken_back(night: Night, waiting: Sequence[Retraction]) -> DataFrame:
    """Pairs of the statements left that overlap a retraction, and of the hole that it has left."""
    around = statements.near(night, {day for each in waiting for day in utc_dates(each.start, each.until)})
    spans = [(each.installation_id, each.device_id, each.start, each.until) for each in waiting]
    schema = "installation_id string, device_id string, start timestamp, end timestamp"
    taken = (
        night.spark.createDataFrame(spans, schema)
        .join(around.select(*statements.METER).distinct(), "installation_id")
        .where("device_id IS NULL OR device_id = meter_id")
    )
    return statements.affected(taken, around).withColumn("by_reading", F.lit(False))


def _recounted(night: Night, recounts: Sequence[Recount]) -> list[tuple[str, date, bool]]:
    """Pairs of the recounts, as far back as there is energy."""
    known = energy_view.days(night.spark, night.settings)
    return [
        (each.installation_id, day, False)
        for each in recounts
        for day in known
        if each.start.date() <= day <= each.until.date()
    ]


def _by_readings(readings: DataFrame, new: bool) -> DataFrame:
    days = readings.select("installation_id", "event_day").distinct()
    return days.selectExpr("installation_id", READING_SPAN, f"{new} AS by_reading")


def _by_silence_ended(readings: DataFrame, devices: DataFrame) -> DataFrame:
    around = F.udf(device_days.silence_around, "array<date>")
    return (
        readings.select("installation_id", "device_id", "event_day")
        .distinct()
        .join(devices, ["installation_id", "device_id"])
        .select("installation_id", F.explode(around("spans", "event_day")).alias("event_day"))
        .distinct()
        .withColumn("by_reading", F.lit(True))
    )


def _in_silence(devices: DataFrame, since: date, cut: date) -> DataFrame:
    silences = F.udf(device_days.silences, "array<date>")
    days = silences("spans", F.lit(since), F.lit(cut))
    return devices.select("installation_id", F.explode(days).alias("event_day"), F.lit(False).alias("by_reading"))


def _by_new_intervals(night: Night, batches: dict[int, list[date]]) -> DataFrame:
    new = dataset.read_batches(night.spark, night.settings, "intervals", batches)
    around = statements.near(night, {day for brought in batches.values() for day in brought})
    return statements.affected(new, around).withColumn("by_reading", F.lit(False))


def _by_intervals(intervals: DataFrame) -> DataFrame:
    return intervals.selectExpr("installation_id", dataset.INTERVAL_SPAN, "false AS by_reading").distinct()


def _come_under_the_cut(spark: SparkSession, settings: Settings, since: date, cut: date) -> DataFrame:
    around = dates(since - timedelta(days=1), cut)
    readings = dataset.read(spark, settings, "readings", around)
    spanning = dates(since - LONGEST_INTERVAL, cut)
    intervals = dataset.read(spark, settings, "intervals", spanning)
    return (
        _by_readings(readings, new=False)
        .unionByName(_by_intervals(intervals))
        .where(F.col("event_day") >= F.lit(since))
    )
