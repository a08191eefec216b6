"""The energy query: provisional 15-minute energy of what each micro-batch of readings touches.

What one batch leaves for the next to go on from stays in the driver, about 1 KB an installation: it is a value handed
from batch to batch, so a batch tried again sees the same, and a new start begins with the stored readings.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from conf import Settings
from energy.balance import Register
from energy.energy_arrow import ENERGY_COLUMNS
from energy.energy_row import from_us, to_us
from speed_layer import sinks
from speed_layer.energy_query.affected import affected
from speed_layer.energy_query.carried_state import CarriedState
from speed_layer.energy_query.totals import Totals, community_totals, installation_totals
from speed_layer.energy_query.windows import Window
from speed_layer.lookups import store
from speed_layer.progress import Progress
from speed_layer.sinks import tasks_for
from store.catalogue import Catalogue, CatalogueReader
from store.history.retraction import Retraction
from store.instants import month_of

_ARROW = pa.schema(
    [
        ("installation_id", pa.string()),
        ("month", pa.date32()),
        *ENERGY_COLUMNS,
        ("window_start", pa.int64()),
        ("window_end", pa.int64()),
        ("carried", pa.binary()),
    ]
)
_SCHEMA = from_arrow_schema(_ARROW)
Batches = Iterator[pa.RecordBatch]

LOOK = "1 second"
"""The time between two looks whether a batch is due."""
BACKLOG_SHARE = 4
"""Part of the largest batch whose number of readings is a backlog: its energy is not made to wait."""


def pace(settings: Settings) -> dict[str, str | int]:
    """Options of the query's source: a batch is due when its time has come, or a backlog waits."""
    spark = settings.spark
    return {
        "minOffsetsPerTrigger": spark.max_offsets_per_trigger // BACKLOG_SHARE,
        "maxTriggerDelay": spark.energy_trigger,
    }


class Energy:
    """Writes table ``energy_speed``: installations first, then the communities they belong to."""

    def __init__(self, settings: Settings, catalogue: CatalogueReader, progress: Progress) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._progress = progress
        self._carried: dict[str, bytes] = {}
        self._retractions: Mapping[str, tuple[Retraction, ...]] = {}

    def write(self, batch: DataFrame, batch_id: int) -> None:
        """Recompute what one micro-batch touches, once its readings are in Cassandra."""
        self._progress.wait_until_calm()
        started = time.monotonic()
        catalogue = self._catalogue.read()
        self._drop_carried(catalogue)
        registers = affected(batch, catalogue).cache()
        try:
            ends = registers.where("kafka_partition IS NOT NULL").collect()
            tasks = min(self._settings.spark.shuffle_partitions, tasks_for(sum(row.messages for row in ends)))
            last = {row.kafka_partition: row.kafka_offset for row in ends}
            offsets = {str(partition): offset for partition, offset in last.items()}
            self._progress.wait_for_readings(offsets)
            spread = self._with_carried(registers.where("registers IS NOT NULL"), tasks)
            windows = self._write(spread.mapInArrow(_installations(catalogue, last, self._settings), _SCHEMA))  # type: ignore[arg-type]
        finally:
            registers.unpersist()
        self._write_communities(batch.sparkSession, catalogue, windows, tasks)
        self._progress.energy_batch(batch_id, len(windows), time.monotonic() - started, offsets)

    def _drop_carried(self, catalogue: Catalogue) -> None:
        """Go on from the stored readings where some have been taken back, and keep nothing of what was forgotten."""
        before, self._retractions = self._retractions, catalogue.retractions
        retracted = {name for name, of in catalogue.retractions.items() if before.get(name) != of}
        for name in [*self._carried]:
            if name in retracted or name not in catalogue.installations:
                del self._carried[name]

    def _with_carried(self, registers: DataFrame, tasks: int) -> DataFrame:
        """An installation's registers and its carried state in one of ``tasks``."""
        rows = list(self._carried.items())
        carried = registers.sparkSession.createDataFrame(rows, "installation_id string, carried binary")
        return registers.unionByName(carried, allowMissingColumns=True).repartition(tasks, "installation_id")

    def _write_communities(
        self, spark: SparkSession, catalogue: Catalogue, windows: dict[str, list[Window]], tasks: int
    ) -> None:
        asked: dict[str, list[Window]] = {}
        for installation, of in windows.items():
            for each in catalogue.of_member(installation):
                overlapping = [window for window in of if each.start < window.end and window.start < each.end]
                asked.setdefault(each.community_id, []).extend(overlapping)
        asked = {community: of for community, of in asked.items() if of}
        if asked:
            names = spark.createDataFrame([(name,) for name in sorted(asked)], "community string")
            spread = names.repartition(min(len(asked), tasks), "community")
            self._write(spread.mapInArrow(_communities(catalogue, asked, self._settings), _SCHEMA))  # type: ignore[arg-type]

    def _write(self, totals: DataFrame) -> dict[str, list[Window]]:
        totals = totals.cache()
        try:
            is_row = "quantity IS NOT NULL"
            rows = totals.where(is_row).drop("window_start", "window_end", "carried")
            # A bound that no longer holds must go: absent values are written as such.
            ignore_nulls = {"spark.cassandra.output.ignoreNulls": "false"}
            sinks.write_table(rows, "energy_speed", self._settings, **ignore_nulls)
            made = totals.where(f"NOT ({is_row})")
            made = made.selectExpr("installation_id", "window_start", "window_end", "carried")
            windows: dict[str, list[Window]] = {}
            for row in made.collect():
                window = Window(from_us(row.window_start), from_us(row.window_end))
                windows.setdefault(row.installation_id, []).append(window)
                self._carried.pop(row.installation_id, None)
                if row.carried is not None:
                    self._carried[row.installation_id] = bytes(row.carried)
            return windows
        finally:
            totals.unpersist()


def _installations(catalogue: Catalogue, ends: Mapping[int, int], settings: Settings) -> Callable[[Batches], Batches]:
    def compute(batches: Batches) -> Batches:
        registers: dict[str, list[Register]] = {}
        known: dict[str, CarriedState] = {}
        for batch in batches:
            for row in batch.to_pylist():
                if row["carried"] is not None:
                    known[row["installation_id"]] = pickle.loads(row["carried"])  # noqa: S301
                else:
                    # Pickled by `affected`, as the carried state is by `_columns`: Spark need not open either.
                    registers.setdefault(row["installation_id"], []).extend(pickle.loads(row["registers"]))  # noqa: S301
        if registers:
            totals = installation_totals(store(settings), registers, known, ends, catalogue.limits)
            yield from map(_columns, totals)

    return compute


def _communities(
    catalogue: Catalogue, asked: dict[str, list[Window]], settings: Settings
) -> Callable[[Batches], Batches]:
    def compute(batches: Batches) -> Batches:
        for batch in batches:
            names = batch.column("community").to_pylist()
            members = {name: catalogue.of_community(name) for name in names}
            yield from map(_columns, community_totals(store(settings), members, {name: asked[name] for name in names}))

    return compute


def _columns(totals: Totals) -> pa.RecordBatch:
    name, windows, rows, carried = totals
    values: list[dict[str, Any]] = [
        {"installation_id": name, "month": month_of(row.start), **row._asdict()} for row in rows
    ]
    values += [
        {"installation_id": name, "window_start": to_us(start), "window_end": to_us(end)} for start, end in windows
    ]
    values[-1]["carried"] = None if carried is None else pickle.dumps(carried)
    return pa.RecordBatch.from_pylist(values, schema=_ARROW)
