"""Alarms on their way into table ``alarm``: each stands in the month it was raised in, and among the standing ones."""

from __future__ import annotations

from dataclasses import dataclass

from cassandra.concurrent import execute_concurrent_with_args
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.publishing.artifact import Artifact
from batch_layer.runs import Night
from store import cassandra
from store.history.alarms import LAYERS, STANDING

LAYER = LAYERS[-1]
COLUMNS = (
    "installation_id string, raised_at timestamp, device_id string, kind string, text string, cleared_at timestamp, "
    "figures map<string, double>"
)
_KEY = ("raised_at", "installation_id", "device_id", "kind")
_OF = ["installation_id", "kind"]


@dataclass(frozen=True)
class Alarms(Artifact):
    """Alarms that a run raises or clears; they stand from night to night until one clears them."""

    def carried(self, night: Night, found: DataFrame) -> DataFrame:
        """The alarms of what is ``found`` (installation_id, kind, text, figures) of installations as such.

        Raised at this run's cut, standing from a night before as they were raised, or cleared at this cut.
        """
        standing = self._standing(night).select(*_OF, "raised_at", F.struct("text", "figures").alias("said"))
        cut, is_known = F.lit(night.run.cut), F.col("said").isNotNull()
        return found.join(standing, _OF, "full").select(
            "installation_id",
            F.coalesce("raised_at", cut).alias("raised_at"),
            F.lit("").alias("device_id"),
            "kind",
            F.when(is_known, F.col("said.text")).otherwise(F.col("text")).alias("text"),
            F.when(F.col("text").isNull(), cut).alias("cleared_at"),
            F.when(is_known, F.col("said.figures")).otherwise(F.col("figures")).alias("figures"),
        )

    def _standing(self, night: Night) -> DataFrame:
        """Alarms that the newest run published before this cut left standing."""
        kept = night.run.published[-self.kept :]
        rows = self.read_of(night, [run_id for run_id in kept if self.exists(night, run_id)][-1:])
        if rows is None:
            return self.nothing(night)
        return rows.where(F.col("cleared_at").isNull() & (F.col("raised_at") < F.lit(night.run.cut)))

    def table_rows(self, night: Night) -> DataFrame:
        """Every alarm under the month it was raised in."""
        month = F.date_format("raised_at", "yyyy-MM")
        return self.read(night).withColumns({"layer": F.lit(LAYER), "state": month})

    def publish(self, night: Night) -> int:
        """Write the alarms; those that stand go among the standing ones, and those that are cleared leave them."""
        count = super().publish(night)
        if count:
            rows = self.table_rows(night)
            standing = rows.where(F.col("cleared_at").isNull()).withColumn("state", F.lit(STANDING))
            self.save(night, standing)
            self._leave(night, rows.where(F.col("cleared_at").isNotNull()))
        return count

    def _leave(self, night: Night, cleared: DataFrame) -> None:
        keys = [(LAYER, STANDING, *row) for row in cleared.select(*_KEY).collect()]
        with cassandra.session(night.settings) as session:
            delete = session.prepare(
                "DELETE FROM alarm WHERE layer = ? AND state = ? AND raised_at = ? AND installation_id = ? "
                "AND device_id = ? AND kind = ?"
            )
            execute_concurrent_with_args(session, delete, keys)
