"""Merges what the runs have changed in a month into one file, so that a question over all homes opens few of them.

A value keeps its run, and gets the one that has replaced it: whoever reads the file need compare nothing, and what was
published on an earlier day can still be told. The month is written aside, counted, and moved to a name of its own; the
months merged before stay for whoever is reading them. Killed at any point, nothing that is read has changed, and
``batch_layer.master.compact.finish`` removes what lies aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.master.compact import ASIDE, NotMerged
from batch_layer.quarters.energy_view import KEY
from conf import Settings
from store import hdfs
from store.history import energy_files
from store.history.energy_files import Folder, Folders

DUE = 4
"""Folders of a month that wait to be merged before it is: some are left, none is merged each night anew."""
BYTES_A_NIGHT = 256 * 1024 * 1024
"""A night begins no month once it has read so much, newest first: a large history takes several nights."""
KEPT = 2
"""A question that has begun may still read the month merged before."""


class Merged(NamedTuple):
    """The number of folders of changes merged, and of the months they became."""

    folders: int
    into: int


def merge(spark: SparkSession, settings: Settings, published: Sequence[str]) -> Merged:
    """Merge the months that are due, of the ``published`` runs (oldest first).

    Whoever calls holds the night's lock. Raises :class:`NotMerged`.
    """
    found = energy_files.stored(spark, settings, published)
    months = {month: list(of) for month, of in groupby(found.changes, lambda folder: folder[0].replace(day=1))}
    folders = into = read = 0
    for month in sorted((month for month, of in months.items() if len(of) >= DUE), reverse=True):
        if read < BYTES_A_NIGHT:
            read += _merge(spark, settings, found, months[month], published[-1])
            folders, into = folders + len(months[month]), into + 1
    return Merged(folders, into)


def _merge(spark: SparkSession, settings: Settings, found: Folders, changes: Sequence[Folder], through: str) -> int:
    """Merge the ``changes`` of a month with what is merged of it, and return the bytes that were read."""
    month = changes[0][0].replace(day=1)
    places = [energy_files.changes_place(settings, *folder) for folder in changes]
    before = [energy_files.merged_place(settings, month, found.merged[month])] if month in found.merged else []
    rows = _changed(spark, settings, places)
    if before:
        rows = spark.read.schema(energy_files.MERGED_COLUMNS).parquet(*before).unionByName(rows)
    place = energy_files.merged_place(settings, month, through)
    aside = settings.hdfs_path(ASIDE, f"energy.{month}")
    contested = [day for day in found.contested if day.replace(day=1) == month]
    ordered = _with_replaced(rows, contested).coalesce(1).sortWithinPartitions(*KEY, "run_id")
    ordered.write.mode("overwrite").parquet(aside)
    wanted, held = rows.count(), spark.read.schema(energy_files.MERGED_COLUMNS).parquet(aside).count()
    if held != wanted:
        raise NotMerged(f"{aside} holds {held:,} of the {wanted:,} values of {month:%Y-%m}; they stay unmerged.")
    if not hdfs.move(spark, aside, place):
        raise NotMerged(f"{aside} could not be moved to {place}; the values of {month:%Y-%m} stay unmerged.")
    _delete_older(spark, place.rpartition("/")[0])
    return sum(hdfs.size(spark, each) for each in [*places, *before])


def _changed(spark: SparkSession, settings: Settings, places: Sequence[str]) -> DataFrame:
    """The rows that runs have changed, with the columns of a merged month."""
    schema = f"{energy_files.COLUMNS}, event_day date, run_id string"
    reader = spark.read.schema(schema).option("basePath", settings.hdfs_path(energy_files.CHANGES))
    rows = reader.parquet(*places).withColumnRenamed("event_day", "day")
    return rows.withColumn("replaced_by", F.lit(None).cast("string"))


def _with_replaced(rows: DataFrame, contested: Sequence[date]) -> DataFrame:
    """The rows, each with the run that has replaced it; only ``contested`` days are compared."""
    is_contested = F.col("day").isin(list(contested))
    following = F.lead("run_id").over(Window.partitionBy(*KEY).orderBy("run_id"))
    return rows.where(~is_contested).unionByName(rows.where(is_contested).withColumn("replaced_by", following))


def _delete_older(spark: SparkSession, month: str) -> None:
    for name in hdfs.names(spark, month)[:-KEPT]:
        hdfs.delete(spark, f"{month}/{name}")
