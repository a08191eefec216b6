"""Statements that overlap are totalled together, and the holes between a meter's statements are known."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.artifacts import DEVICE_DAYS
from batch_layer.incremental import statements
from batch_layer.incremental.affected_days import affected_days
from batch_layer.master import dataset
from batch_layer.runs import Night, Run
from conf import Settings
from store.catalogue import Catalogue
from store.history.retraction import Retraction

DAY = datetime(2026, 3, 4, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
Span = tuple[int, int]
"""Hours after DAY."""


def intervals(spark: SparkSession, *spans: Span, meter: str = "m", home: str = "a") -> DataFrame:
    rows = [(home, meter, DAY + a * HOUR, DAY + b * HOUR, 1.0) for a, b in spans]
    schema = "installation_id string, meter_id string, start timestamp, end timestamp, import_wh double"
    empty = spark.createDataFrame([], dataset.schema("intervals"))
    return empty.unionByName(spark.createDataFrame(rows, schema), allowMissingColumns=True)


def pairs(spark: SparkSession, *days: int) -> DataFrame:
    rows = [("a", (DAY + timedelta(days=n)).date()) for n in days]
    return spark.createDataFrame(rows, "installation_id string, event_day date")


def days_after(rows: DataFrame) -> list[int]:
    return sorted((row.event_day - DAY.date()).days for row in rows.collect())


def test_what_overlaps_shares_its_time(spark: SparkSession) -> None:
    shared = statements.together(intervals(spark, (0, 24), (0, 1), (23, 24), (24, 25), (25, 49), (48, 72), (80, 81)))
    found = {
        (
            (r.start.replace(tzinfo=timezone.utc) - DAY) // HOUR,
            (r.shared_end.replace(tzinfo=timezone.utc) - DAY) // HOUR,
        )
        for r in shared.collect()
    }
    assert found == {(0, 24), (23, 24), (24, 25), (25, 72), (48, 72), (80, 81)}


def test_a_statement_affects_its_days_what_overlaps_it_and_the_holes_beside_it(spark: SparkSession) -> None:
    for new, around, days in (
        ([(5, 6)], [], [0]),
        ([(5, 6)], [(0, 240)], list(range(10))),  # the total of ten days
        ([(5, 6)], [(4, 5), (6, 7), (30, 31)], [0]),  # neighbours without a hole
        ([(101, 102)], [(4, 5), (6, 7)], [0, 1, 2, 3, 4]),  # a hole before it
        ([(5, 6)], [(101, 102), (300, 301)], [0, 1, 2, 3, 4]),  # a hole behind it
        ([(0, 24)], [(-24, 0), (24, 48)], [0]),
    ):
        here = intervals(spark, *new)
        other = intervals(spark, (-500, 500), meter="another")
        found = statements.affected(here, intervals(spark, *around).unionByName(other).unionByName(here))
        assert days_after(found) == days, (new, around)


def test_a_day_needs_what_overlaps_what_reaches_into_it(spark: SparkSession) -> None:
    hours = [(n, n + 1) for n in range(-48, 96)]
    around = intervals(spark, *hours, (0, 48)).unionByName(intervals(spark, (0, 1), home="b"))
    needed = statements.needed(around, pairs(spark, 0))
    assert needed.count() == 49
    assert {row.installation_id for row in needed.collect()} == {"a"}
    assert statements.needed(around, pairs(spark, -1)).count() == 24


def test_a_meter_is_expected_from_its_first_statement_to_its_last(spark: SparkSession) -> None:
    devices = spark.createDataFrame([("a", "device")], "installation_id string, device_id string")
    around = intervals(spark, (5, 6), (100, 101)).unionByName(intervals(spark, (0, 99), meter="device"))
    found = statements.expected(around, devices, pairs(spark, -1, 0, 2, 4, 5)).collect()
    assert {(row.device_id, tuple(row.quantities), row.event_day) for row in found} == {
        ("m", ("import",), date(2026, 3, day)) for day in (4, 6, 8)
    }


def test_a_retraction_affects_the_totals_that_overlap_it(spark: SparkSession, settings: Settings, night: Run) -> None:
    hours = intervals(spark, (0, 120), *((n, n + 1) for n in range(24, 120) if n != 70))
    with_days = hours.withColumn("event_day", F.to_date("start")).withColumn("kafka_partition", F.lit(0))
    dataset.append(spark, settings, "intervals", 0, with_days.drop("archive"))
    at_work = Night(spark, settings, night)
    nothing: dict[str, dict[int, list[date]]] = {topic: {} for topic in ("readings", "intervals", "prices")}
    for meter, days in ((None, range(-1, 5)), ("m", range(-1, 5)), ("another", range(1, 4))):
        start = DAY + 70 * HOUR
        of = Retraction("a", start, "intervals", meter, start, start + HOUR)
        catalogue = Catalogue(retractions={"a": (of,)})
        pairs = affected_days(at_work, nothing, DEVICE_DAYS.nothing(at_work), catalogue)
        assert set(days) & {0, 1, 2, 3, 4} <= set(days_after(pairs)), meter
        assert (0 in days_after(pairs)) == (meter != "another")
