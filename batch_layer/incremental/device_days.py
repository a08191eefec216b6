"""On which days each device was heard, as stretches of days: so a hole's ends are found without searching the history.

``/solera/heard/<run_id>`` holds all devices as one run knew them: those of the published run before it, and what its
archive batches brought. It grows with devices and their outages, not with time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import chain, pairwise

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.master import dataset
from batch_layer.runs import Run
from conf import Settings
from energy.calendar import dates
from energy.records import REGISTERS
from store import hdfs

Span = tuple[date, date]
"""First and last of several days in a row."""
SCHEMA = (
    "installation_id string, device_id string, device_kind string, quantities array<string>, "
    "spans array<struct<first: date, last: date>>"
)
"""``quantities`` are those whose register or power the device has ever told."""
_DAY = timedelta(days=1)


def write(spark: SparkSession, settings: Settings, run: Run, batches: dict[int, list[date]]) -> DataFrame:
    """Add what the archive ``batches`` of readings brought to what was known, keep it under the run's id, return it."""
    known = _folder(settings, run.published[-1]) if run.published else ""
    folder = _folder(settings, run.run_id)
    if known and hdfs.exists(spark, known):
        before = spark.read.schema(SCHEMA).parquet(known)
    else:
        before = spark.createDataFrame([], SCHEMA)
        batches = dataset.batches_after(spark, settings, "readings", -1)
    if not any(batches.values()):
        before.coalesce(1).write.mode("overwrite").parquet(folder)
        return spark.read.schema(SCHEMA).parquet(folder)
    joined = F.udf(lambda spans: join(chain.from_iterable(spans)), "array<struct<first: date, last: date>>")
    together = (
        before.unionByName(_brought(dataset.read_batches(spark, settings, "readings", batches)))
        .groupBy("installation_id", "device_id")
        .agg(
            F.max("device_kind").alias("device_kind"),
            F.sort_array(F.array_distinct(F.flatten(F.collect_list("quantities")))).alias("quantities"),
            joined(F.collect_list("spans")).alias("spans"),
        )
    )
    together.coalesce(1).sortWithinPartitions("installation_id", "device_id").write.mode("overwrite").parquet(folder)
    return spark.read.schema(SCHEMA).parquet(folder)


def read(spark: SparkSession, settings: Settings, run_id: str) -> DataFrame:
    """All devices as a run knew them; none where it did not say."""
    folder = _folder(settings, run_id)
    if run_id and hdfs.exists(spark, folder):
        return spark.read.schema(SCHEMA).parquet(folder)
    return spark.createDataFrame([], SCHEMA)


def forget(spark: SparkSession, settings: Settings, before: str) -> None:
    """Remove what runs older than ``before`` knew: newer ones know it, too."""
    for run_id in hdfs.names(spark, settings.hdfs_path("heard")):
        if run_id < before:
            hdfs.delete(spark, _folder(settings, run_id))


def _folder(settings: Settings, run_id: str) -> str:
    return settings.hdfs_path("heard", run_id)


def _brought(readings: DataFrame) -> DataFrame:
    """The same columns of new readings, one row a device and day."""
    told = {
        quantity: F.max(F.coalesce(register, power).isNotNull() & (F.col("device_kind") == kind))
        for register, (kind, quantity, power) in REGISTERS.items()
    }
    days = readings.groupBy("installation_id", "device_id", "event_day").agg(
        F.max("device_kind").alias("device_kind"), *[said.alias(quantity) for quantity, said in told.items()]
    )
    quantities = F.array_compact(F.array(*[F.when(F.col(quantity), F.lit(quantity)) for quantity in told]))
    span = F.struct(F.col("event_day").alias("first"), F.col("event_day").alias("last"))
    return days.select(
        "installation_id", "device_id", "device_kind", quantities.alias("quantities"), F.array(span).alias("spans")
    )


def join(spans: Iterable[Span]) -> list[Span]:
    """The same days as few spans, in order."""
    joined: list[Span] = []
    for first, last in sorted(tuple(span) for span in spans):
        if joined and first <= joined[-1][1] + _DAY:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def silence_around(spans: Sequence[Span], day: date) -> list[date]:
    """Days whose energy a reading of ``day`` can change because the device was silent before or after it.

    From the last day heard before a silence up to ``day``, and from ``day`` to the first day heard after one; ``spans``
    hold ``day`` itself. Empty where the device was heard on the days beside it or nowhere beyond.
    """
    at = _span_of(spans, day)
    days: list[date] = []
    if at > 0 and spans[at][0] == day:
        days += dates(spans[at - 1][1], day)
    if at + 1 < len(spans) and spans[at][1] == day:
        days += dates(day, spans[at + 1][0])
    return days


def silences(spans: Sequence[Span], first: date, last: date) -> list[date]:
    """Days of ``first``..``last`` on which the device was silent, though it was heard before and after."""
    silent = chain.from_iterable(dates(a[1] + _DAY, b[0] - _DAY) for a, b in pairwise(spans) if b[0] > first)
    return [day for day in silent if first <= day <= last]


def near(spans: Sequence[Span], day: date, reach: int) -> list[date]:
    """Days heard whose readings have a say in ``day``.

    Those at most ``reach`` days away, and on each side the nearest heard with the ``reach`` days beyond it.
    """
    at = _span_of(spans, day)
    before = day - _DAY if at >= 0 and spans[at][0] < day <= spans[at][1] + _DAY else None
    if before is None and at >= 0 and spans[at][0] < day:
        before = spans[at][1]
    elif before is None and at > 0:
        before = spans[at - 1][1]
    following = day + _DAY if at >= 0 and day < spans[at][1] else None
    if following is None and at + 1 < len(spans):
        following = spans[at + 1][0]
    span = timedelta(days=reach)
    around = {day + n * _DAY for n in range(-reach, reach + 1)}
    around |= set(dates(before - span, before)) if before else set()
    around |= set(dates(following, following + span)) if following else set()
    return sorted(each for each in around if _is_heard(spans, each))


def _span_of(spans: Sequence[Span], day: date) -> int:
    """Index of the last span that begins on or before ``day``, −1 where none does."""
    return bisect_right(spans, day, key=lambda span: span[0]) - 1


def _is_heard(spans: Sequence[Span], day: date) -> bool:
    at = _span_of(spans, day)
    return at >= 0 and day <= spans[at][1]
