"""The data that the affected days need, deduplicated, merged and in order.

Hands on the affected (installation, UTC day) pairs, the days whose readings bear on them, those readings, one for each
device and instant, the intervals that reach into them, and the devices, meters and days of the gap ledger. Beside them
it hands on what it sees of new data itself: silent devices, statements of others, and known prices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer import artifacts
from batch_layer.incremental import affected_days, device_days, statements
from batch_layer.master import dataset
from batch_layer.publishing import silent_devices, stated
from batch_layer.quarters import gap_ledger
from batch_layer.runs import Night, Outcome
from energy.conflict import merge
from energy.topics import TOPICS
from store.catalogue import read_catalogue
from store.history import recounts

Batches = Mapping[int, list[date]]


def run(night: Night) -> Outcome:
    """Hand on the affected days' data. Counts pairs, device days, readings and intervals."""
    before = affected_days.marks(night)
    batches = {topic: dataset.batches_after(night.spark, night.settings, topic, at) for topic, at in before.items()}
    devices = device_days.write(night, batches["readings"]).persist()
    known, again = read_catalogue(night.settings), recounts.read(night.settings)
    pairs = affected_days.affected_days(night, batches, devices, known, again)
    artifacts.AFFECTED.write(night, pairs, is_small=True)
    pairs = artifacts.AFFECTED.read(night).persist()
    around = statements.near(night, [row.event_day for row in pairs.select("event_day").distinct().collect()])
    _write_expected(night, devices, pairs, around)
    _write_readings(night)
    artifacts.INTERVALS.write(night, statements.needed(around, pairs))
    artifacts.SILENCES.write(night, silent_devices.alarms(night), is_small=True)
    devices.unpersist()
    artifacts.OFFICIAL.write(night, stated.official(night, _days(batches["intervals"])))
    artifacts.KNOWN_PRICES.write(night, stated.known_prices(night, _days(batches["prices"])))
    counts = {
        "affected_installation_days": pairs.count(),
        "expected_device_days": artifacts.EXPECTED.read(night).count(),
        "readings": artifacts.READINGS.read(night).count(),
        "intervals": artifacts.INTERVALS.read(night).count(),
    }
    pairs.unpersist()
    return Outcome(counts, {topic: max(batches[topic], default=before[topic]) for topic in batches})


def _days(batches: Batches) -> set[date]:
    return {day for brought in batches.values() for day in brought}


def _write_expected(night: Night, devices: DataFrame, pairs: DataFrame, around: DataFrame) -> None:
    has_devices = bool(devices.head(1))  # without a device there is nothing to work out
    expected = statements.expected(around, devices, pairs)
    if has_devices:
        of_devices = gap_ledger.expected_days(devices, pairs, night.run)
        expected = expected.unionByName(of_devices, allowMissingColumns=True)
    artifacts.EXPECTED.write(night, expected, is_small=True)
    reaching = reach(devices, pairs) if has_devices else artifacts.REACH.nothing(night)
    artifacts.REACH.write(night, reaching, is_small=True)


def _write_readings(night: Night) -> None:
    artifacts.READINGS.write(night, clean_readings(needed_readings(night, artifacts.REACH.read(night))))


def reach(devices: DataFrame, pairs: DataFrame) -> DataFrame:
    """The days whose readings of each device bear on an affected day."""
    near = F.udf(lambda spans, day: device_days.near(spans, day, affected_days.CONTEXT_DAYS), "array<date>")
    return (
        pairs.select("installation_id", F.col("event_day").alias("affected_day"))
        .join(devices.select("installation_id", "device_id", "spans"), "installation_id")
        .select(
            "installation_id", "device_id", "affected_day", F.explode(near("spans", "affected_day")).alias("event_day")
        )
    )


def needed_readings(night: Night, reaching: DataFrame) -> DataFrame:
    """The readings that bear on an affected day, with their arrival."""
    needed = reaching.select("installation_id", "device_id", "event_day").distinct()
    days = [row.event_day for row in needed.select("event_day").distinct().collect()]
    readings = dataset.read(night.spark, night.settings, "readings", days)
    return readings.join(needed, ["installation_id", "device_id", "event_day"], "left_semi").select(
        *TOPICS["readings"].columns, "received_at", "event_day"
    )


def clean_readings(readings: DataFrame) -> DataFrame:
    """One reading for each device and instant, in order: repeats merged by ``energy.conflict``.

    Of their arrivals the last stands: until then the reading was another.
    """
    ordered = readings.repartition("installation_id", "device_id", "event_day").sortWithinPartitions(
        *TOPICS["readings"].key
    )
    return ordered.mapInArrow(merge_repeats, artifacts.READINGS.columns)  # type: ignore[arg-type]


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
