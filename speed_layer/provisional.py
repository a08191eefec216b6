"""The energy query: provisional 15-minute energy of what each micro-batch of readings touches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession

from conf import Settings
from energy.rows import from_us, to_us
from speed_layer import sinks
from speed_layer.catalogue import Catalogue, CatalogueReader
from speed_layer.progress import Progress
from speed_layer.stored import store
from speed_layer.totals import Totals, community_totals, installation_totals
from speed_layer.touched import touched
from speed_layer.windows import Run, Window

_SCHEMA = (
    "installation_id string, month date, quantity string, start timestamp, energy_wh double, completeness double, "
    "method string, lower_wh double, upper_wh double, cause string, window_start bigint, window_end bigint"
)
_ARROW = pa.schema(
    [
        ("installation_id", pa.string()),
        ("month", pa.date32()),
        ("quantity", pa.string()),
        ("start", pa.timestamp("us", tz="UTC")),
        ("energy_wh", pa.float64()),
        ("completeness", pa.float64()),
        ("method", pa.string()),
        ("lower_wh", pa.float64()),
        ("upper_wh", pa.float64()),
        ("cause", pa.string()),
        ("window_start", pa.int64()),
        ("window_end", pa.int64()),
    ]
)
Batches = Iterator[pa.RecordBatch]


class Energy:
    """Writes table ``energy_speed``: installations first, then the communities they belong to."""

    def __init__(self, settings: Settings, catalogue: CatalogueReader, progress: Progress) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._progress = progress

    def write(self, batch: DataFrame, batch_id: int) -> None:
        """Recompute what one micro-batch touches, once its readings are in Cassandra."""
        self._progress.wait_until_calm()
        started = time.monotonic()
        catalogue = self._catalogue.read()
        runs = touched(batch, catalogue).persist(StorageLevel.MEMORY_AND_DISK)
        try:
            ends = runs.where("kafka_partition IS NOT NULL").select("kafka_partition", "kafka_offset").collect()
            last = {str(row.kafka_partition): row.kafka_offset for row in ends}
            self._progress.wait_for_readings(last)
            tasks = self._settings.spark.shuffle_partitions
            spread = runs.where("device_id IS NOT NULL").repartition(tasks, "installation_id")
            windows = self._write(spread.mapInArrow(_installations(catalogue, self._settings), _SCHEMA))  # type: ignore[arg-type]
        finally:
            runs.unpersist()
        self._write_communities(batch.sparkSession, catalogue, windows)
        self._progress.energy_batch(batch_id, len(windows), time.monotonic() - started, last)

    def _write_communities(self, spark: SparkSession, catalogue: Catalogue, windows: dict[str, list[Window]]) -> None:
        asked: dict[str, list[Window]] = {}
        for installation, of in windows.items():
            if installation in catalogue.community:
                asked.setdefault(catalogue.community[installation], []).extend(of)
        if asked:
            names = spark.createDataFrame([(name,) for name in sorted(asked)], "community string")
            spread = names.repartition(min(len(asked), self._settings.spark.shuffle_partitions), "community")
            self._write(spread.mapInArrow(_communities(catalogue, asked, self._settings), _SCHEMA))  # type: ignore[arg-type]

    def _write(self, totals: DataFrame) -> dict[str, list[Window]]:
        totals = totals.persist(StorageLevel.MEMORY_AND_DISK)
        try:
            is_row = "quantity IS NOT NULL"
            rows = totals.where(is_row).drop("window_start", "window_end")
            # A bound that no longer holds must go: absent values are written as such.
            ignore_nulls = {"spark.cassandra.output.ignoreNulls": "false"}
            sinks.write_table(rows, "energy_speed", self._settings, **ignore_nulls)
            windows: dict[str, list[Window]] = {}
            for row in (
                totals.where(f"NOT ({is_row})").select("installation_id", "window_start", "window_end").collect()
            ):
                window = Window(from_us(row.window_start), from_us(row.window_end))
                windows.setdefault(row.installation_id, []).append(window)
            return windows
        finally:
            totals.unpersist()


def _installations(catalogue: Catalogue, settings: Settings) -> Callable[[Batches], Batches]:
    def compute(batches: Batches) -> Batches:
        runs: dict[str, list[Run]] = {}
        for batch in batches:
            for row in batch.to_pylist():
                run = Run(row["device_id"], from_us(row["first"]), from_us(row["last"]))
                runs.setdefault(row["installation_id"], []).append(run)
        if runs:
            yield from map(_columns, installation_totals(store(settings), runs, catalogue.capacity_kw))

    return compute


def _communities(
    catalogue: Catalogue, asked: dict[str, list[Window]], settings: Settings
) -> Callable[[Batches], Batches]:
    def compute(batches: Batches) -> Batches:
        for batch in batches:
            for name in batch.column("community").to_pylist():
                yield _columns(community_totals(store(settings), name, catalogue.members(name), asked[name]))

    return compute


def _columns(totals: Totals) -> pa.RecordBatch:
    name, windows, rows = totals
    values: list[dict[str, Any]] = [
        {"installation_id": name, "month": row.start.date().replace(day=1), **row._asdict()} for row in rows
    ]
    values += [
        {"installation_id": name, "window_start": to_us(start), "window_end": to_us(end)} for start, end in windows
    ]
    return pa.RecordBatch.from_pylist(values, schema=_ARROW)
