"""Parquet files without some of their rows: each is written anew beside, then takes the old one's place."""

from __future__ import annotations

import hashlib

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from conf import Settings
from store import hdfs

ASIDE = "removal"
"""Folder of the files on their way; what a killed removal left there is written over by the next."""
FILE = "_metadata.file_path"


def count_rows(spark: SparkSession, wanted: Column, *folders: str) -> int:
    """The number of ``wanted`` rows in the files below ``folders``."""
    rows = _rows(spark, *folders)
    return 0 if rows is None else rows.where(wanted).count()


def remove_rows(spark: SparkSession, settings: Settings, removed: Column, *folders: str) -> int:
    """Remove the rows for which ``removed`` holds from every file below ``folders``, and count them.

    Killed at any point it is done again: a new file's name follows from the old one's, which goes last.
    """
    rows = _rows(spark, *folders)
    if rows is None:
        return 0
    found = rows.where(removed).groupBy(F.col(FILE).alias("file")).count().collect()
    if not found:
        return 0
    aside = settings.hdfs_path(ASIDE)
    files = {_digest(row.file): row.file for row in found}
    (
        spark.read.parquet(*files.values())
        .withColumn("place", F.sha1(F.col(FILE).cast("binary")))
        .where(~F.coalesce(removed, F.lit(False)))
        .repartition("place")
        .write.mode("overwrite")
        .partitionBy("place")
        .parquet(aside)
    )
    for place, old in files.items():
        _replace(spark, f"{aside}/place={place}", old, f"{old.rpartition('/')[0]}/rewritten-{place}.parquet")
    hdfs.delete(spark, aside)
    return sum(row["count"] for row in found)


def _rows(spark: SparkSession, *folders: str) -> DataFrame | None:
    """The rows of the files below ``folders``; None where there are none, or none that name installations."""
    there = [folder for folder in folders if hdfs.exists(spark, folder)]
    if not there:
        return None
    try:
        rows = spark.read.option("recursiveFileLookup", "true").parquet(*there)
    except AnalysisException:  # no file below it
        return None
    return rows if "installation_id" in rows.columns else None


def _replace(spark: SparkSession, written: str, old: str, new: str) -> None:
    for name in hdfs.names(spark, written):
        if name.endswith(".parquet"):
            hdfs.delete(spark, new)
            hdfs.move(spark, f"{written}/{name}", new)
    hdfs.delete(spark, old)


def _digest(file: str) -> str:
    return hashlib.sha1(file.encode(), usedforsecurity=False).hexdigest()
