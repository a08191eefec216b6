"""The settled months on their way into tables ``settlement_month`` and ``settlement``."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.publishing.artifact import Artifact
from batch_layer.runs import Night
from batch_layer.settling import settled
from energy.energy_row import MWH
from energy.money.community.settled import UNKNOWN


@dataclass(frozen=True)
class Settlement(Artifact):
    """The months that a run has settled; they stay, for all runs' rows together are what is settled."""

    hours: str = ""
    """The table of their hours."""

    def exists(self, night: Night, run_id: str = "") -> bool:
        """Whether the run has settled."""
        return "settle" in night.run.finished

    def read(self, night: Night) -> DataFrame:
        """The rows of this night."""
        return settled.read_own(night)

    def table_rows(self, night: Night) -> DataFrame:
        """The rows as ``settlement_month`` holds them; sums are of the hours that are known."""
        return self.read(night).select(
            "installation_id", "month", "community_id", "run_id",
            F.size("assigned").alias("hours"),
            F.size(F.filter("grid", lambda each: each != UNKNOWN)).alias("known_hours"),
            *[_sum(part).alias(f"{part}_wh") for part in settled.PARTS],
            *[_euros(name).alias(f"{name}_eur") for name in ("total", "saving")],
            F.when(F.col("note") != "", F.col("note")).alias("note"),
            "why", "changed_hours",
            *[_by_case(f"case_{name}").alias(f"{name}_eur") for name in ("totals", "savings")],
        )  # fmt: skip

    def publish(self, night: Night) -> int:
        """Write the months, and of each the hours that have changed; count the months."""
        Artifact(self.name, table=self.hours).save(night, self.hour_rows(night))
        return super().publish(night)

    def hour_rows(self, night: Night) -> DataFrame:
        """The changed hours as ``settlement`` holds them."""
        energies = [_known(F.get(part, "at")).alias(f"{part}_wh") for part in settled.PARTS]
        start = F.timestamp_micros(F.unix_micros("start") + F.col("at").cast("long") * 3_600_000_000)
        return (
            self.read(night)
            .withColumn("at", F.explode("changed"))
            .select("installation_id", "month", start.alias("start"), "run_id", *energies)
        )

    def discard(self, night: Night) -> None:
        """Nothing: what was settled is kept."""


def _sum(part: str) -> Column:
    known = F.filter(part, lambda each: each != UNKNOWN)
    return F.aggregate(known, F.lit(0).cast("bigint"), lambda total, each: total + each) / MWH


def _euros(name: str) -> Column:
    return (F.col(f"{name}_cents") / 100).cast("decimal(18,2)")


def _by_case(cents: str) -> Column:
    """EUR by condition; null where nothing depends on one."""
    euros = F.transform(cents, lambda each: (each / 100).cast("decimal(18,2)"))
    return F.map_from_arrays("conditions", euros)


def _known(mwh: Column) -> Column:
    return F.when(mwh != UNKNOWN, mwh / MWH)
