"""An artifact: rows that one step of a night hands on, to a later step, to a later night, or to Cassandra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, DataFrameReader
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.runs import Night
from store import hdfs
from store.spark import CASSANDRA

BATCH_ROWS = 1000
"""Rows of one partition that travel together: half the work of 200 for Cassandra; 3000 gain nothing more."""
IN_FLIGHT = 4
"""Batches that a task sends at once: 4 are as fast as 50, and a busy node still answers each within its time."""


@dataclass(frozen=True)
class Artifact:
    """Rows of a run in HDFS, written whole by one step and replaced whole when the step is done again."""

    name: str
    columns: str = ""
    """Spark schema; "" where the files themselves say it."""
    kept: int = 0
    """The number of published runs it outlives, its own among them; 0: it is deleted once its run is published."""
    table: str = ""
    """Table of Cassandra that its rows go to when the run is published; "" for none."""
    bears_run: bool = True
    """Whether the table has a column ``run_id``; a row without one is visible at once."""
    place: str = "staging/{run}/{name}"

    def folder(self, night: Night, run_id: str = "") -> str:
        """URI of the artifact of a run, this night's where none is named."""
        return night.settings.hdfs_path(self.place.format(run=run_id or night.run.run_id, name=self.name))

    def exists(self, night: Night, run_id: str = "") -> bool:
        """Whether a step of the run has written it."""
        return hdfs.exists(night.spark, self.folder(night, run_id))

    def write(self, night: Night, rows: DataFrame, is_small: bool = False) -> None:
        """Replace it by ``rows``; small ones go to one file."""
        files = rows.coalesce(1) if is_small else rows
        files.write.mode("overwrite").parquet(self.folder(night))

    def read(self, night: Night) -> DataFrame:
        """The rows of this night."""
        return self._reader(night).parquet(self.folder(night))

    def read_of(self, night: Night, run_ids: Sequence[str]) -> DataFrame | None:
        """The rows of those runs together; None where none of them has any."""
        there = [self.folder(night, run_id) for run_id in run_ids if self.exists(night, run_id)]
        return self._reader(night).parquet(*there) if there else None

    def _reader(self, night: Night) -> DataFrameReader:
        return night.spark.read.schema(self.columns) if self.columns else night.spark.read

    def nothing(self, night: Night) -> DataFrame:
        """A frame of its columns without rows."""
        return night.spark.createDataFrame([], self.columns)

    def table_rows(self, night: Night) -> DataFrame:
        """The rows as its table holds them."""
        rows = self.read(night)
        return rows.withColumn("run_id", F.lit(night.run.run_id)) if self.bears_run else rows

    def publish(self, night: Night) -> int:
        """Write the rows to the table and count them; nothing is written where there is none."""
        rows = self.table_rows(night).persist()
        count = rows.count()
        if count:
            self.save(night, rows)
        rows.unpersist()
        return count

    def save(self, night: Night, rows: DataFrame) -> None:
        """Append ``rows`` to the table; an absent field leaves what is there."""
        (
            rows.write.format(CASSANDRA)
            .options(table=self.table, keyspace=night.settings.cassandra.keyspace)
            .option("spark.cassandra.output.ignoreNulls", "true")
            .option("spark.cassandra.output.batch.size.rows", str(BATCH_ROWS))
            .option("spark.cassandra.output.concurrent.writes", str(IN_FLIGHT))
            .mode("append")
            .save()
        )

    def discard(self, night: Night) -> None:
        """Delete it of every run that it is no longer kept for, once this night's run is published."""
        published = (*night.run.published, night.run.run_id)
        runs = night.settings.hdfs_path(self.place.partition("/{run}")[0].format(name=self.name))
        for run_id in hdfs.names(night.spark, runs):
            newer = sum(each > run_id for each in published)
            if newer >= self.kept and run_id <= night.run.run_id:
                hdfs.delete(night.spark, self.folder(night, run_id))
                if not hdfs.names(night.spark, f"{runs}/{run_id}"):
                    hdfs.delete(night.spark, f"{runs}/{run_id}")
