"""The batch view as the batch layer itself reads it: of each period the newest value among a run's sources.

``/solera/energy/event_day=…/run_id=…`` holds one row for each value a run has changed. Only the days asked for
are listed and read, so the cost does not grow with the history beside them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.runs import Night
from conf import Settings
from store import hdfs
from store.history import energy_files
from store.history.energy_files import CHANGES, COLUMNS

CHANGE = "before_wh double, why string"
"""Further columns of a run's row: the value published before (null: none) and new, late or corrected."""
SCHEMA = f"{COLUMNS}, {CHANGE}, event_day date, run_id string"
KEY = ("installation_id", "quantity", "start")


def days(spark: SparkSession, settings: Settings) -> list[date]:
    """UTC days of which any run, published or not, has values."""
    folders = hdfs.names(spark, settings.hdfs_path(CHANGES))
    return [date.fromisoformat(n.partition("=")[2]) for n in folders if n.startswith("event_day=")]


def write_changes(night: Night, rows: DataFrame, affected: Iterable[date]) -> None:
    """Add the run's ``rows`` of the ``affected`` days in place of those that an attempt before has left."""
    root = night.settings.hdfs_path(CHANGES)
    for folder in hdfs.present(night.spark, root, (f"event_day={day}" for day in affected)):
        hdfs.delete(night.spark, f"{root}/{folder}/run_id={night.run.run_id}")
    (
        rows.withColumn("run_id", F.lit(night.run.run_id))
        .repartition(night.settings.spark.shuffle_partitions, "event_day")
        .sortWithinPartitions("event_day", *KEY)
        .write.mode("append")
        .partitionBy("event_day", "run_id")
        .parquet(root)
    )


def read_rows(spark: SparkSession, settings: Settings, wanted: Iterable[date], run_ids: Iterable[str]) -> DataFrame:
    """Every row of ``run_ids`` on the ``wanted`` days, of each period maybe several."""
    root = settings.hdfs_path(CHANGES)
    paths = [f"{root}/{day}" for day in hdfs.present(spark, root, (f"event_day={day}" for day in wanted))]
    if not paths:
        return spark.createDataFrame([], SCHEMA)
    rows = spark.read.schema(SCHEMA).option("basePath", root).parquet(*paths)
    return rows.where(F.col("run_id").isin(list(run_ids)))


def read_values(spark: SparkSession, settings: Settings, wanted: Iterable[date], run_ids: Iterable[str]) -> DataFrame:
    """The row of the newest of ``run_ids`` for each period on the ``wanted`` days, without those withdrawn.

    Rows are compared only of the days that several of these runs state.
    """
    sources, asked = tuple(run_ids), tuple(wanted)
    rows = read_rows(spark, settings, asked, sources)
    contested = energy_files.contested(spark, settings, asked, sources)
    if contested:
        is_contested = F.col("event_day").isin(contested)
        rows = rows.where(~is_contested).unionByName(newest(rows.where(is_contested)))
    return rows.where(F.col("energy_wh").isNotNull())


def newest(rows: DataFrame) -> DataFrame:
    """The row of the newest run for each period."""
    others = [c for c in rows.columns if c not in KEY]
    latest = F.max(F.struct("run_id", *[c for c in others if c != "run_id"])).alias("latest")
    return rows.groupBy(*KEY).agg(latest).select(*KEY, *[f"latest.{c}" for c in others])


def read_energy(
    night: Night,
    first: date | None = None,
    last: date | None = None,
) -> DataFrame:
    """The merged values of every published run and the night's own, the newest of each period.

    ``first`` and ``last`` (UTC days, both included) bound what is read; None leaves that side open. Columns:
    installation_id, quantity, start, energy_wh, completeness, method, lower_wh, upper_wh, cause, event_day, run_id.
    """
    wanted = [d for d in days(night.spark, night.settings) if (first or d) <= d <= (last or d)]
    return read_values(night.spark, night.settings, wanted, night.run.sources).drop("before_wh", "why")
