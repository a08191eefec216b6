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


@dataclass(frozen=True)
class Alarms(Artifact):
    """Alarms that a run raises or clears; they stand from night to night until one clears them."""

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
