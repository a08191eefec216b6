"""The energy that a run changes, on its way into table ``energy_batch``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from cassandra.concurrent import execute_concurrent_with_args
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.publishing.artifact import Artifact
from batch_layer.quarters import energy_view
from batch_layer.runs import Night, RunError
from store import cassandra


class PublishError(RunError):
    """A run that would state something false; its text says what and where."""


@dataclass(frozen=True)
class EnergyChanges(Artifact):
    """Rows of the batch view that bear the run's id; they stay, for all runs' rows together are the view."""

    affected: Artifact = field(kw_only=True)
    """Names the UTC days on which there may be some."""

    def exists(self, night: Night, run_id: str = "") -> bool:
        """Whether the run has totalled its affected days."""
        return "totals" in night.run.finished

    def days(self, night: Night) -> list[date]:
        """The run's affected days."""
        rows = self.affected.read(night).select("event_day").distinct().collect()
        return sorted(row.event_day for row in rows)

    def table_rows(self, night: Night) -> DataFrame:
        """The rows as ``energy_batch`` holds them; bounds that say no more than the value are left out."""
        bounds = [F.when(~_exact(), F.col(bound)).alias(bound) for bound in ("lower_wh", "upper_wh")]
        return energy_view.read_rows(night.spark, night.settings, self.days(night), [night.run.run_id]).select(
            "installation_id",
            F.trunc("start", "month").alias("month"),
            *("quantity", "start", "run_id", "energy_wh", "completeness", "method"),
            *bounds,
            F.when(F.col("cause") != "", F.col("cause")).alias("cause"),
        )

    def publish(self, night: Night) -> int:
        """Write the rows and count what Cassandra then holds. Raises :class:`PublishError` where rows are missing."""
        rows = self.table_rows(night)
        tasks = night.settings.spark.shuffle_partitions
        by_partition = rows.repartition(tasks, "installation_id", "month")
        self.save(night, by_partition.sortWithinPartitions("installation_id", "month", "quantity", "start"))
        partitions = rows.groupBy("installation_id", "month").count().collect()
        _check_stored(night, {(p.installation_id, p.month): p["count"] for p in partitions})
        return sum(p["count"] for p in partitions)

    def discard(self, night: Night) -> None:
        """Nothing: the view is kept."""


def _exact() -> Column:
    energy = F.col("energy_wh")
    return energy.eqNullSafe(F.col("lower_wh")) & energy.eqNullSafe(F.col("upper_wh"))


def _check_stored(night: Night, expected: Mapping[tuple[str, date], int]) -> None:
    """Cassandra holds as many energy rows of the run as were written, in each (installation, month)."""
    keys = [(installation, month, night.run.run_id) for installation, month in expected]
    with cassandra.session(night.settings) as session:
        count = session.prepare(
            "SELECT count(*) FROM energy_batch WHERE installation_id = ? AND month = ? AND run_id = ? ALLOW FILTERING"
        )
        counts = [rows.one()[0] for _, rows in execute_concurrent_with_args(session, count, keys, concurrency=4)]
    for (installation, month, _), rows in zip(keys, counts, strict=True):
        if rows != expected[installation, month]:
            raise PublishError(
                f"{expected[installation, month]} energy rows of {installation} in {month:%Y-%m} were written, but "
                f"{rows} are there. The run is not published; run the night again from publish."
            )
