"""The settled months on their way into tables ``settlement_month`` and ``settlement``."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.publishing.artifact import Artifact
from batch_layer.runs import Night
from batch_layer.settling import lines, settled
from energy.energy_row import MWH
from energy.money.community.settled import UNKNOWN
from energy.money.community.sharing import GENERATION, USE

NAMES = {GENERATION: "generation", USE: "use"}
"""The tables' name of the energy that an hour's estimate is of."""


@dataclass(frozen=True)
class Settlement(Artifact):
    """The months that a run has settled; they stay, for all runs' rows together are what is settled."""

    hours: str = ""
    """The table of their hours; ``lines`` that of the lines of their bills."""
    lines: str = ""

    def exists(self, night: Night, run_id: str = "") -> bool:
        """Whether the run has settled."""
        return "settle" in night.run.finished

    def read(self, night: Night) -> DataFrame:
        """The rows of this night that tell something."""
        return settled.read_own(night).where(F.col("note") != settled.NO_ENERGY)

    def table_rows(self, night: Night) -> DataFrame:
        """The rows as ``settlement_month`` holds them; sums are of the hours that are known."""
        return self.read(night).select(
            "installation_id", "month", "community_id", "run_id",
            F.size("assigned").alias("hours"),
            F.size(F.filter("grid", lambda each: each != UNKNOWN)).alias("known_hours"),
            *[_sum(part).alias(f"{part}_wh") for part in settled.ENERGIES],
            F.size(F.filter("estimated", lambda bits: bits != 0)).alias("estimated_hours"),
            _estimated("assigned", GENERATION).alias("estimated_assigned_wh"),
            _estimated("grid", GENERATION | USE).alias("estimated_grid_wh"),
            *[_euros(name).alias(f"{name}_eur") for name in ("total", "saving")],
            F.when(F.col("note") != "", F.col("note")).alias("note"),
            "why", "changed_hours",
            *[_by_case(f"case_{name}").alias(f"{name}_eur") for name in ("totals", "savings")],
        )  # fmt: skip

    def publish(self, night: Night) -> int:
        """Write the months, of each the hours that have changed, and the lines of its bill; count the months."""
        Artifact(self.name, table=self.hours).save(night, self.hour_rows(night))
        Artifact(self.name, table=self.lines).save(night, self.line_rows(night))
        return super().publish(night)

    def hour_rows(self, night: Night) -> DataFrame:
        """The changed hours of members as ``settlement`` holds them."""
        energies = [_known(F.get(part, "at")).alias(f"{part}_wh") for part in settled.ENERGIES]
        names = F.filter(F.array(*[F.when(_has("at_bits", bit), name) for bit, name in NAMES.items()]), F.isnotnull)
        estimated = F.when(F.col("assigned_wh").isNotNull(), F.array_join(names, ", "))
        start = F.timestamp_micros(F.unix_micros("start") + F.col("at").cast("long") * 3_600_000_000)
        return (
            _of_communities(self.read(night))
            .withColumn("at", F.explode("changed"))
            .withColumn("at_bits", F.get("estimated", "at"))
            .select("installation_id", "month", start.alias("start"), "run_id", "at_bits", *energies)
            .withColumn("estimated", estimated)
            .drop("at_bits")
        )

    def line_rows(self, night: Night) -> DataFrame:
        """The lines of the months' bills as ``bill_line`` holds them."""
        of_bill = F.explode(F.from_json("lines", f"array<struct<{lines.COLUMNS}>>")).alias("of")
        key = ("installation_id", "month", "community_id", "run_id")
        return self.read(night).select(*key, of_bill).select(*key, "of.*")

    def discard(self, night: Night) -> None:
        """Nothing: what was settled is kept."""


def _of_communities(rows: DataFrame) -> DataFrame:
    """The months of members; one that has ended only where no other community has the member in it.

    An hour is kept without its community.
    """
    has_ended, shared = F.col("agreement_key") == settled.ENDED_KEY, F.col("community_id") != settled.ALONE
    goes_on = rows.where(shared & ~has_ended)
    over = rows.where(shared & has_ended)
    return goes_on.unionByName(over.join(goes_on, ["installation_id", "month"], "left_anti"))


def _sum(part: str) -> Column:
    known = F.filter(part, lambda each: each != UNKNOWN)
    return F.aggregate(known, F.lit(0).cast("bigint"), lambda total, each: total + each) / MWH


def _estimated(part: str, bits: int) -> Column:
    """The energy of the known hours that was not measured throughout, Wh."""
    zipped = F.arrays_zip(F.col(part).alias("mwh"), F.col("estimated").alias("bits"))
    known = F.filter(zipped, lambda each: (each["mwh"] != UNKNOWN) & _has(each["bits"], bits))
    return F.aggregate(known, F.lit(0).cast("bigint"), lambda total, each: total + each["mwh"]) / MWH


def _has(of: Column | str, bits: int) -> Column:
    return (F.col(of) if isinstance(of, str) else of).bitwiseAND(bits) != 0


def _euros(name: str) -> Column:
    return (F.col(f"{name}_cents") / 100).cast("decimal(18,2)")


def _by_case(cents: str) -> Column:
    """EUR by condition; null where nothing depends on one."""
    euros = F.transform(cents, lambda each: (each / 100).cast("decimal(18,2)"))
    return F.map_from_arrays("conditions", euros)


def _known(mwh: Column) -> Column:
    return F.when(mwh != UNKNOWN, mwh / MWH)
