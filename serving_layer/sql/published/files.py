"""The tables behind the batch side of SQL: Parquet files in folders that are named one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from pyspark.sql import SparkSession

from conf import Settings
from store.history import archived_files, energy_files
from store.runs import Published

DATABASE = "files"
"""Database of these tables, which nobody may ask."""
ARCHIVED = ("readings", "weather")
"""Topics whose messages can be asked as they are archived."""


class Files(NamedTuple):
    """A table of files: the columns in them, the columns by which its folders are told apart, and the folders.

    Each folder has its values of the latter as SQL writes them.
    """

    name: str
    columns: str
    keys: str
    folders: Mapping[str, str]


def of_state(spark: SparkSession, settings: Settings, seen: Published) -> tuple[list[Files], tuple[date, ...]]:
    """The tables of the files that the published runs have left, and the days whose energy several folders state."""
    energy = energy_files.stored(spark, settings, seen.run_ids)
    merged = {
        f"month = DATE'{month}'": energy_files.merged_place(settings, month, run_id)
        for month, run_id in energy.merged.items()
    }
    changes = {
        f"event_day = DATE'{day}', run_id = '{run_id}'": energy_files.changes_place(settings, day, run_id)
        for day, run_id in energy.changes
    }
    tables = [
        Files("merged", energy_files.MERGED_COLUMNS, "month date", merged),
        Files("changes", energy_files.COLUMNS, "event_day date, run_id string", changes),
        *(_archived(spark, settings, topic, seen) for topic in ARCHIVED),
    ]
    return tables, energy.contested


def make(spark: SparkSession, nowhere: str, files: Files, state: int) -> str:
    """The table of these files in a numbered state, by its name; ``nowhere`` is a place on their file system.

    Nothing lies there: Spark would list all that is below it.
    """
    table = _table(files.name, state)
    by = ", ".join(each.split()[0] for each in files.keys.split(", "))
    spark.sql(f"DROP TABLE IF EXISTS {table}")
    spark.sql(
        f"CREATE TABLE {table} ({files.columns}, {files.keys}) USING parquet PARTITIONED BY ({by}) LOCATION '{nowhere}'"
    )
    if files.folders:
        named = " ".join(f"PARTITION ({keys}) LOCATION '{place}'" for keys, place in files.folders.items())
        spark.sql(f"ALTER TABLE {table} ADD {named}")
    return table


def drop(spark: SparkSession, tables: list[Files], state: int) -> None:
    """Let go of an older state's tables; the files stay."""
    for files in tables:
        spark.sql(f"DROP TABLE IF EXISTS {_table(files.name, state)}")


def _table(name: str, state: int) -> str:
    return f"{DATABASE}.{name}_{state}"


def _archived(spark: SparkSession, settings: Settings, topic: str, seen: Published) -> Files:
    folders = {
        f"event_day = DATE'{day}', archive = {batch}": archived_files.place(settings, topic, day, batch)
        for day, batch in _worked_in(spark, settings, topic, seen)
    }
    return Files(topic, archived_files.columns(topic), "event_day date, archive bigint", folders)


def _worked_in(spark: SparkSession, settings: Settings, topic: str, seen: Published) -> Iterator[tuple[date, int]]:
    """The days and complete batches of a topic; of one that the runs mark, those that the newest run has worked in."""
    last = max(archived_files.complete(spark, settings, topic), default=-1)
    marks = seen.runs[0].marks if seen.runs else {}
    last = min(last, marks.get(topic, last))
    for day, batches in archived_files.stored(spark, settings, topic).items():
        yield from ((day, batch) for batch in batches if batch <= last)
