"""Settled member-months as the batch layer itself keeps them: of each the newest row among a run's sources counts.

``/solera/settlement/month=…/run_id=…`` holds a row for each member's month that a run has settled, with all its hours
as columns; ``month`` is the first day of the local month. Energy is whole mWh.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.runs import Night
from store import hdfs

ROOT = "settlement"
ENERGIES = ("assigned", "self_consumed", "surplus", "grid")
"""Energies of a member's hour, each a column of mWh; energy.money.community.settled.UNKNOWN where it is not known."""
PARTS = (*ENERGIES, "estimated")
"""The last: bits of energy.money.community.sharing, of what was not measured throughout."""
ROWS = (
    "community_id string, installation_id string, month date, start timestamp, "
    + ", ".join(f"{part} array<bigint>" for part in PARTS)
    + ", changed array<int>, changed_hours int, total_cents bigint, saving_cents bigint, note string, "
    "conditions array<string>, case_totals array<bigint>, case_savings array<bigint>, lines string, why string, "
    "agreement_key string, supply_key string"
)
"""``start``: the month's first hour (UTC); ``changed``: numbers of the hours, from 0 on, that the run changed, and
``changed_hours`` how many of those had a value before; where the taxes depend on ``conditions``, the cents of each
stand in ``case_totals`` and ``case_savings``, which else are null; ``lines``: those of the bill as JSON
(batch_layer.settling.lines), null without euros; the keys name what went in beside the energy."""
ALONE = ""
"""In place of a community's id: the month of who shares nothing in it. Nothing is assigned to it."""
ALONE_KEYS = ALONE_KEY, ENDED_KEY = "alone", "ended"
"""In place of the agreement's key; the latter: the month is settled no more."""
NO_ENERGY = "no energy"
"""The note of a month alone of which nothing is known: kept so that it is not looked for again, and shown nowhere."""
KEY = ("community_id", "installation_id", "month")
SCHEMA = f"{ROWS}, run_id string"


def write(night: Night, rows: DataFrame, months: Collection[date]) -> None:
    """Add the run's ``rows`` of the ``months`` in place of those that an attempt before has left."""
    for place in _own(night):
        hdfs.delete(night.spark, place)
    if months:
        own = rows.withColumn("run_id", F.lit(night.run.run_id))
        own.write.mode("append").partitionBy("month", "run_id").parquet(night.settings.hdfs_path(ROOT))


def read(night: Night, months: Iterable[date], run_ids: Iterable[str]) -> DataFrame:
    """Every row of ``run_ids`` in the ``months``."""
    root = night.settings.hdfs_path(ROOT)
    paths = [f"{root}/{name}" for name in hdfs.present(night.spark, root, (f"month={month}" for month in months))]
    return _rows(night, paths).where(F.col("run_id").isin(list(run_ids)))


def read_own(night: Night) -> DataFrame:
    """The rows of the run itself."""
    return _rows(night, _own(night))


def _rows(night: Night, paths: Sequence[str]) -> DataFrame:
    if not paths:
        return night.spark.createDataFrame([], SCHEMA)
    return night.spark.read.schema(SCHEMA).option("basePath", night.settings.hdfs_path(ROOT)).parquet(*paths)


def _own(night: Night) -> list[str]:
    return hdfs.matching(night.spark, night.settings.hdfs_path(ROOT, "month=*", f"run_id={night.run.run_id}"))


def newest(rows: DataFrame, *names: str) -> DataFrame:
    """Columns ``names`` of the newest run's row for each member's month."""
    latest = F.max_by(F.struct(*names), "run_id").alias("latest")
    return rows.groupBy(*KEY).agg(latest).select(*KEY, *[f"latest.{name}" for name in names])


def months(night: Night) -> list[date]:
    """Months of which any run has a row."""
    names = hdfs.names(night.spark, night.settings.hdfs_path(ROOT))
    return sorted(date.fromisoformat(name.partition("=")[2]) for name in names if name.startswith("month="))
