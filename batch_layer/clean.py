"""Step 2: what the touched days need, deduplicated, merged and in order.

Staged for the next step: ``touched`` (installation, UTC day), ``reach`` (the days on which each device's readings have
a say in a touched day), those ``readings``, one row for each device and instant, ``intervals`` that reach into the
touched days, and ``expected`` (device, UTC day), for which the night says what was there and what was not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.incremental import affected_days, device_days
from batch_layer.master import dataset
from batch_layer.quarters import gap_ledger
from batch_layer.runs import Run
from conf import Settings
from energy.conflict import merge
from energy.topics import TOPICS

REACH = "installation_id string, device_id string, touched_day date, event_day date"


def run(spark: SparkSession, settings: Settings, run: Run) -> dict[str, int]:
    """Stage the touched days' data. Counts pairs, readings, intervals, and through which archive batch it saw."""
    marks = affected_days.marks(spark, settings, run)
    batches = {topic: dataset.batches_after(spark, settings, topic, mark) for topic, mark in marks.items()}
    devices = device_days.write(spark, settings, run, batches["readings"]).persist()
    pairs = affected_days.touched_days(spark, settings, run, batches, devices)
    _stage(pairs.coalesce(1), run.staging(settings, "touched"))
    pairs = spark.read.schema(affected_days.SCHEMA).parquet(run.staging(settings, "touched")).persist()
    days = [row.event_day for row in pairs.select("event_day").distinct().collect()]
    is_heard = bool(devices.head(1))  # without a device there is nothing to work out
    wanted = gap_ledger.expected_days(devices, pairs, run) if is_heard else spark.createDataFrame([], gap_ledger.SCHEMA)
    near = reach(devices, pairs) if is_heard else spark.createDataFrame([], REACH)
    _stage(wanted.coalesce(1), run.staging(settings, "expected"))
    _stage(near.coalesce(1), run.staging(settings, "reach"))
    reaching = read_reach(spark, settings, run)
    readings, intervals = run.staging(settings, "readings"), run.staging(settings, "intervals")
    _stage(clean_readings(needed_readings(spark, settings, reaching)), readings)
    _stage(needed_intervals(spark, settings, pairs, days), intervals)
    devices.unpersist()
    counts = {
        "touched_installation_days": pairs.count(),
        "expected_device_days": spark.read.schema(gap_ledger.SCHEMA).parquet(run.staging(settings, "expected")).count(),
        "readings": read_readings(spark, settings, run).count(),
        "intervals": read_intervals(spark, settings, run).count(),
    }
    pairs.unpersist()
    through = {f"{topic}_through_batch": max(batches[topic], default=marks[topic]) for topic in batches}
    return {**counts, **through}


def read_readings(spark: SparkSession, settings: Settings, run: Run) -> DataFrame:
    """The readings this step has staged."""
    return spark.read.schema(_reading_schema()).parquet(run.staging(settings, "readings"))


def read_reach(spark: SparkSession, settings: Settings, run: Run) -> DataFrame:
    """The days of readings this step has staged, by device and touched day."""
    return spark.read.schema(REACH).parquet(run.staging(settings, "reach"))


def read_intervals(spark: SparkSession, settings: Settings, run: Run) -> DataFrame:
    """The intervals this step has staged."""
    return spark.read.schema(dataset.schema("intervals")).parquet(run.staging(settings, "intervals"))


def _stage(rows: DataFrame, folder: str) -> None:
    rows.write.mode("overwrite").parquet(folder)


def _reading_schema() -> str:
    fields = ", ".join(f"`{name}` {kind}" for name, kind in TOPICS["readings"].columns.items())
    return f"{fields}, received_at timestamp, event_day date"


def reach(devices: DataFrame, pairs: DataFrame) -> DataFrame:
    """Which days' readings of each device have a say in which touched day."""
    near = F.udf(lambda spans, day: device_days.near(spans, day, affected_days.CONTEXT_DAYS), "array<date>")
    return (
        pairs.select("installation_id", F.col("event_day").alias("touched_day"))
        .join(devices.select("installation_id", "device_id", "spans"), "installation_id")
        .select(
            "installation_id", "device_id", "touched_day", F.explode(near("spans", "touched_day")).alias("event_day")
        )
    )


def needed_readings(spark: SparkSession, settings: Settings, reaching: DataFrame) -> DataFrame:
    """The readings that have a say in a touched day, with their arrival."""
    needed = reaching.select("installation_id", "device_id", "event_day").distinct()
    days = [row.event_day for row in needed.select("event_day").distinct().collect()]
    readings = dataset.read(spark, settings, "readings", days)
    return readings.join(needed, ["installation_id", "device_id", "event_day"], "left_semi").select(
        *TOPICS["readings"].columns, "received_at", "event_day"
    )


def needed_intervals(spark: SparkSession, settings: Settings, pairs: DataFrame, days: list[date]) -> DataFrame:
    """Intervals that reach into a touched pair's day."""
    back = {day - timedelta(days=n) for day in days for n in range(affected_days.INTERVAL_DAYS + 1)}
    intervals = dataset.read(spark, settings, "intervals", back)
    wanted = pairs.select("installation_id", F.col("event_day").alias("touched_day"))
    reaching = (
        (intervals["installation_id"] == wanted["installation_id"])
        & (wanted["touched_day"] >= F.to_date("start"))
        & (F.col("end") > F.col("touched_day").cast("timestamp"))
    )
    return intervals.join(wanted, reaching, "left_semi")


def clean_readings(readings: DataFrame) -> DataFrame:
    """One reading for each device and instant, in order: repeats merged by ``energy.conflict``.

    Of their arrivals the last stands: until then the reading was another.
    """
    ordered = readings.repartition("device_id", "event_day").sortWithinPartitions(*TOPICS["readings"].key)
    return ordered.mapInArrow(merge_repeats, _reading_schema())  # type: ignore[arg-type]


def merge_repeats(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Merge the rows of one device and instant in a stream ordered by them; rows without a repeat pass untouched."""
    tail: list[pa.RecordBatch] = []
    for batch in batches:
        rows = pa.Table.from_batches([*tail, batch])
        starts = _group_starts(rows)
        # The last group may go on in the next batch.
        yield from _merged(rows.slice(0, starts[-1]), starts[:-1])
        tail = rows.slice(starts[-1]).to_batches()
    if tail:
        yield from _merged(pa.Table.from_batches(tail), np.array([0]))


def _group_starts(rows: pa.Table) -> np.ndarray[Any, Any]:
    starts = np.zeros(len(rows), dtype=bool)
    starts[0] = True
    for name in TOPICS["readings"].key:
        values = rows.column(name).to_numpy()
        starts[1:] |= values[1:] != values[:-1]
    return np.flatnonzero(starts)


def _merged(rows: pa.Table, starts: np.ndarray[Any, Any]) -> Iterator[pa.RecordBatch]:
    sizes = np.diff(np.append(starts, len(rows)))
    yield from rows.take(starts[sizes == 1]).to_batches()
    repeated = [
        _as_one(rows.slice(start, size).to_pylist()) for start, size in zip(starts, sizes, strict=True) if size > 1
    ]
    if repeated:
        yield pa.RecordBatch.from_pylist(repeated, schema=rows.schema)


def _as_one(repeats: list[dict[str, Any]]) -> dict[str, Any]:
    day = {"event_day": repeats[0].pop("event_day", None)}
    return reduce(merge, ({k: v for k, v in row.items() if k != "event_day"} for row in repeats)) | day


if __name__ == "__main__":
    from batch_layer.entry import main

    main("clean")
