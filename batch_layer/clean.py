"""Step 2: what the touched days need, deduplicated, merged and in order.

Staged for the next step: ``touched`` (installation, UTC day), ``readings`` of those days and their neighbours, one row
for each device and instant, and ``intervals`` that reach into those days.
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

from batch_layer import master, touched
from batch_layer.runs import Run
from conf import Settings
from energy.conflict import merge
from energy.records import KEYS, columns


def run(spark: SparkSession, settings: Settings, run: Run) -> dict[str, int]:
    """Stage the touched days' data. Counts pairs, readings, intervals, and through which archive batch it saw."""
    marks = touched.marks(spark, settings, run)
    batches = {topic: master.batches_after(spark, settings, topic, mark) for topic, mark in marks.items()}
    _stage(touched.touched_days(spark, settings, run, batches).coalesce(1), run.staging(settings, "touched"))
    pairs = spark.read.schema(touched.SCHEMA).parquet(run.staging(settings, "touched")).persist()
    days = [row.event_day for row in pairs.select("event_day").distinct().collect()]
    readings, intervals = run.staging(settings, "readings"), run.staging(settings, "intervals")
    _stage(clean_readings(needed_readings(spark, settings, pairs, days)), readings)
    _stage(needed_intervals(spark, settings, pairs, days), intervals)
    counts = {
        "touched_installation_days": pairs.count(),
        "readings": read_readings(spark, settings, run).count(),
        "intervals": read_intervals(spark, settings, run).count(),
    }
    pairs.unpersist()
    through = {f"{topic}_through_batch": max(batches[topic], default=marks[topic]) for topic in batches}
    return {**counts, **through}


def read_readings(spark: SparkSession, settings: Settings, run: Run) -> DataFrame:
    """The readings this step has staged."""
    return spark.read.schema(_reading_schema()).parquet(run.staging(settings, "readings"))


def read_intervals(spark: SparkSession, settings: Settings, run: Run) -> DataFrame:
    """The intervals this step has staged."""
    return spark.read.schema(master.schema("intervals")).parquet(run.staging(settings, "intervals"))


def _stage(rows: DataFrame, folder: str) -> None:
    rows.write.mode("overwrite").parquet(folder)


def _reading_schema() -> str:
    return ", ".join(f"`{name}` {kind}" for name, kind in columns("readings").items()) + ", event_day date"


def needed_readings(spark: SparkSession, settings: Settings, pairs: DataFrame, days: list[date]) -> DataFrame:
    """Readings of the touched pairs' days and of the days around them that have a say in them."""
    reach = touched.CONTEXT_DAYS
    near = {day + timedelta(days=n) for day in days for n in range(-reach, reach + 1)}
    span = f"explode(sequence(date_sub(event_day, {reach}), date_add(event_day, {reach}))) AS event_day"
    needed = pairs.selectExpr("installation_id", span).distinct()
    readings = master.read(spark, settings, "readings", near)
    return readings.join(needed, ["installation_id", "event_day"], "left_semi").select(
        *columns("readings"), "event_day"
    )


def needed_intervals(spark: SparkSession, settings: Settings, pairs: DataFrame, days: list[date]) -> DataFrame:
    """Intervals that reach into a touched pair's day."""
    back = {day - timedelta(days=n) for day in days for n in range(touched.INTERVAL_DAYS + 1)}
    intervals = master.read(spark, settings, "intervals", back)
    wanted = pairs.select("installation_id", F.col("event_day").alias("touched_day"))
    reaching = (
        (intervals["installation_id"] == wanted["installation_id"])
        & (wanted["touched_day"] >= F.to_date("start"))
        & (F.col("end") > F.col("touched_day").cast("timestamp"))
    )
    return intervals.join(wanted, reaching, "left_semi")


def clean_readings(readings: DataFrame) -> DataFrame:
    """One reading for each device and instant, in order: repeats merged by ``energy.conflict``."""
    ordered = readings.repartition("device_id", "event_day").sortWithinPartitions(*KEYS["readings"])
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
    for name in KEYS["readings"]:
        values = rows.column(name).to_numpy()
        starts[1:] |= values[1:] != values[:-1]
    return np.flatnonzero(starts)


def _merged(rows: pa.Table, starts: np.ndarray[Any, Any]) -> Iterator[pa.RecordBatch]:
    sizes = np.diff(np.append(starts, len(rows)))
    yield from rows.take(starts[sizes == 1]).to_batches()
    repeated = [
        reduce(merge, ({k: v for k, v in row.items() if v is not None} for row in group.to_pylist()))
        for group in (rows.slice(start, size) for start, size in zip(starts, sizes, strict=True) if size > 1)
    ]
    if repeated:
        yield pa.RecordBatch.from_pylist(repeated, schema=rows.schema)


if __name__ == "__main__":
    from batch_layer.entry import main

    main("clean")
