"""The days on which each device sent, as spans of days, so that a hole's ends are found without searching the history.

The artifact holds all devices as one run knew them: those of the published run before it, and what its archive batches
brought. It grows with devices and their outages, not with time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import chain, pairwise

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.artifacts import DEVICE_DAYS
from batch_layer.master import dataset
from batch_layer.runs import Night
from energy.calendar import dates
from energy.records import REGISTERS
from store import hdfs

Span = tuple[date, date]
"""First and last of several days in a row."""
_DAY = timedelta(days=1)


def write(night: Night, batches: dict[int, list[date]]) -> DataFrame:
    """Add what the archive ``batches`` of readings brought to what was known; keep it as this night's and return it."""
    before = DEVICE_DAYS.read_of(night, night.run.published[-1:])
    if before is None:
        before = DEVICE_DAYS.nothing(night)
        batches = dataset.batches_after(night.spark, night.settings, "readings", -1)
    if any(batches.values()):
        brought = _brought(dataset.read_batches(night.spark, night.settings, "readings", batches))
        before = _joined(before.unionByName(brought))
    ordered = before.coalesce(1).sortWithinPartitions("installation_id", "device_id")
    DEVICE_DAYS.write(night, ordered)
    return DEVICE_DAYS.read(night)


def correct(night: Night, installation: str) -> None:
    """Find the days of ``installation`` again in the master, for what the last published run knew of them."""
    run_ids = night.run.published[-1:]
    known = DEVICE_DAYS.read_of(night, run_ids)
    if known is None:
        return
    batches = dataset.batches_after(night.spark, night.settings, "readings", -1)
    readings = dataset.read_batches(night.spark, night.settings, "readings", batches)
    found = _joined(_brought(readings.where(F.col("installation_id") == installation)))
    others = known.where(F.col("installation_id") != installation)
    ordered = others.unionByName(found).coalesce(1).sortWithinPartitions("installation_id", "device_id")
    aside = night.settings.hdfs_path("removal")
    ordered.write.mode("overwrite").parquet(aside)
    # Killed between the two, the next night finds all devices' days in the master.
    hdfs.delete(night.spark, DEVICE_DAYS.folder(night, run_ids[0]))
    hdfs.move(night.spark, aside, DEVICE_DAYS.folder(night, run_ids[0]))


def _joined(rows: DataFrame) -> DataFrame:
    """One row a device."""
    joined = F.udf(lambda spans: join(chain.from_iterable(spans)), "array<struct<first: date, last: date>>")
    return rows.groupBy("installation_id", "device_id").agg(
        F.max("device_kind").alias("device_kind"),
        F.sort_array(F.array_distinct(F.flatten(F.collect_list("quantities")))).alias("quantities"),
        joined(F.collect_list("spans")).alias("spans"),
    )


def _brought(readings: DataFrame) -> DataFrame:
    """The same columns of new readings, one row a device and day."""
    stated = {
        quantity: F.max(F.coalesce(register, power).isNotNull() & (F.col("device_kind") == kind))
        for register, (kind, quantity, power) in REGISTERS.items()
    }
    days = readings.groupBy("installation_id", "device_id", "event_day").agg(
        F.max("device_kind").alias("device_kind"), *[said.alias(quantity) for quantity, said in stated.items()]
    )
    quantities = F.array_compact(F.array(*[F.when(F.col(quantity), F.lit(quantity)) for quantity in stated]))
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

    From the last day with data before a silence up to ``day``, and from ``day`` to the first one after; ``spans`` hold
    ``day`` itself. Empty where the device has data of the days beside it or of none beyond.
    """
    at = _span_of(spans, day)
    days: list[date] = []
    if at > 0 and spans[at][0] == day:
        days += dates(spans[at - 1][1], day)
    if at + 1 < len(spans) and spans[at][1] == day:
        days += dates(day, spans[at + 1][0])
    return days


def around(devices: Iterable[Sequence[Span]], first: date, last: date) -> list[date]:
    """``first`` to ``last``, a day on each side, and as far as the nearest days with data of each of ``devices``."""
    begin, end = first - _DAY, last + _DAY
    before, after = begin, end
    for spans in devices:
        last_days = [min(span[1], begin) for span in spans if span[0] <= begin]
        next_days = [max(span[0], end) for span in spans if span[1] >= end]
        before, after = min([before, *last_days[-1:]]), max([after, *next_days[:1]])
    return dates(before, after)


def silences(spans: Sequence[Span], first: date, last: date) -> list[date]:
    """Days of ``first``..``last`` on which the device was silent between days with data."""
    silent = chain.from_iterable(dates(a[1] + _DAY, b[0] - _DAY) for a, b in pairwise(spans) if b[0] > first)
    return [day for day in silent if first <= day <= last]


def near(spans: Sequence[Span], day: date, reach: int) -> list[date]:
    """Days with data whose readings bear on ``day``.

    Those at most ``reach`` days away, and on each side the nearest one with the ``reach`` days beyond it.
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
    return sorted(each for each in around if _has_data(spans, each))


def _span_of(spans: Sequence[Span], day: date) -> int:
    """Index of the last span that begins on or before ``day``, −1 where none does."""
    return bisect_right(spans, day, key=lambda span: span[0]) - 1


def _has_data(spans: Sequence[Span], day: date) -> bool:
    at = _span_of(spans, day)
    return at >= 0 and day <= spans[at][1]
