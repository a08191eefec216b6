"""Monthly sums of 1,000 homes' year by SQL, beside DuckDB on the same files: what a night leaves in merged months."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer import runs
from bench.asked.year import DAYS, MARKS, QUANTITIES, QUARTER_S, publish
from conf import Settings
from energy.calendar import midnight, months_later
from store.history import energy_files
from store.instants import month_of, months
from store.spark import CASSANDRA

HOMES, A_DAY = 1_000, 96
SUNNY = ("export", "generation", "self_consumption")
"""Quantities that are zero in the dark."""
MONTHLY = (
    "SELECT installation_id, quantity, month, sum(cast(round(energy_wh * 1000) AS bigint)) AS mwh FROM {table} "
    "GROUP BY installation_id, quantity, month"
)
"""In whole mWh, so that two answers can be compared to the last digit."""
PEER = """CREATE VIEW energy AS
SELECT installation_id, quantity, month, energy_wh
FROM read_parquet('{folder}/*/*/*.parquet', hive_partitioning = true)
WHERE replaced_by IS NULL AND energy_wh IS NOT NULL AND start < TIMESTAMPTZ '{cut}'
UNION ALL
SELECT installation_id, quantity, DATE '{month}', energy_wh FROM read_parquet('{folder}/today.parquet')"""
Rows = list[tuple[Any, ...]]


def values(cut: datetime, now: datetime) -> int:
    """How many there are, a year before the ``cut`` and since."""
    return HOMES * len(QUANTITIES) * (int((now - cut).total_seconds()) // QUARTER_S + DAYS * A_DAY)


def rows(first: datetime, until: datetime, run_id: str) -> pa.Table:
    """Every home's quarter-hours of a span that begins at midnight (UTC), in the order of a merged month."""
    names = sorted(QUANTITIES)
    quarters = int((until - first).total_seconds()) // QUARTER_S
    count = HOMES * len(names) * quarters
    starts = int(first.timestamp()) + QUARTER_S * np.arange(quarters)
    random = np.random.default_rng(int(first.timestamp()))
    energy = (random.integers(0, 1_000_000, count) / 1000).reshape(HOMES, len(names), quarters)
    hours = np.arange(quarters) % A_DAY // 4
    energy *= ~np.outer(np.isin(names, SUNNY), (hours < 6) | (hours >= 19))
    wh = pa.array(energy.reshape(-1))

    def one(text: str) -> pa.Array:
        return pa.DictionaryArray.from_arrays(np.zeros(count, np.int8), [text])

    homes = np.repeat(np.arange(HOMES, dtype=np.int32), len(names) * quarters)
    of_home = np.repeat(np.arange(len(names), dtype=np.int32), quarters)
    columns = {
        "installation_id": pa.DictionaryArray.from_arrays(homes, [f"home-{each:04d}" for each in range(HOMES)]),
        "quantity": pa.DictionaryArray.from_arrays(np.tile(of_home, HOMES), names),
        "start": pa.array(np.tile(starts * 1_000_000, HOMES * len(names))).cast(pa.timestamp("us", tz="UTC")),
        "energy_wh": wh,
        "completeness": pa.array(np.ones(count)),
        "method": one("measured"),
        "lower_wh": wh,
        "upper_wh": wh,
        "cause": one(""),
        "day": pa.array(np.tile((starts // 86_400).astype(np.int32), HOMES * len(names))).cast(pa.date32()),
        "run_id": one(run_id),
        "replaced_by": pa.nulls(count, pa.string()),
    }
    return pa.table(columns)


def keep(spark: SparkSession, settings: Settings, cut: datetime, now: datetime, folder: Path) -> None:
    """Leave the year up to the ``cut`` in merged months, what came since in the speed view, both in a ``folder``."""
    run = runs.Run(runs.run_id_of(cut), cut, cut, marks=MARKS)
    first, jvm = cut - timedelta(days=DAYS), _jvm(spark)
    for begun in months(first, cut):
        table = rows(max(first, midnight(begun)), min(cut, midnight(months_later(begun))), run.run_id)
        file = _write(table, folder / f"month={begun}" / f"through={run.run_id}" / "part-0.snappy.parquet")
        place = jvm.org.apache.hadoop.fs.Path(energy_files.merged_place(settings, begun, run.run_id))
        hdfs = place.getFileSystem(spark._jsc.hadoopConfiguration())
        hdfs.mkdirs(place)
        hdfs.copyFromLocalFile(False, True, jvm.org.apache.hadoop.fs.Path(f"file://{file}"), place)
    today = _write(rows(cut, now, run.run_id), folder / "today.parquet")
    live = spark.read.parquet(f"file://{today}").withColumn("month", F.expr("CAST(trunc(start, 'MM') AS date)"))
    live = live.drop("lower_wh", "upper_wh", "cause", "day", "run_id", "replaced_by")
    table = {"table": "energy_speed", "keyspace": settings.cassandra.keyspace}
    live.write.format(CASSANDRA).options(**table).mode("append").save()
    runs.save(spark, settings, run)
    publish(settings, run, HOMES)


def peer(folder: Path, cut: datetime) -> Callable[[], Rows] | None:
    """DuckDB's answer from the ``folder``, as a client of SQL has it, in order; None where it is not installed."""
    if find_spec("duckdb") is None:
        return None
    connection = import_module("duckdb").connect()
    connection.execute(PEER.format(folder=folder, cut=cut.isoformat(), month=month_of(cut)))

    def answer() -> Rows:
        found = connection.execute(MONTHLY.format(table="energy")).fetchall()
        return sorted((home, quantity, str(month), mwh) for home, quantity, month, mwh in found)

    return answer


def _jvm(spark: SparkSession) -> Any:
    return spark._jvm


def _write(table: pa.Table, file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    # Types as Spark writes them, and pages that can be told apart by what is in them.
    pq.write_table(table, file, compression="snappy", store_schema=False, write_page_index=True)
    return file
