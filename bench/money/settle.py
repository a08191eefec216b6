"""What a night's settlement costs: communities with a year of quarter-hours and coefficients for each hour.

solera bench settle              # 100, 300 and 1,000 members
solera bench settle 1000

Bars: 1,000 members settled, bills and savings too, in 3 minutes on two cores; aim: 1; 0 mWh off, and the sums of plain
pandas to the mWh and cent. Then a night in which one reading was corrected, and what 100,000 members come to in a month
by the line through the sizes, on two cores. Both also of as many homes that share nothing. No server is needed: HDFS is
a folder here.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from rich.console import Console
from rich.table import Table

from batch_layer import runs, settle
from batch_layer.artifacts import AFFECTED, SETTLEMENT
from batch_layer.quarters import energy_view
from batch_layer.runs import Night, Run
from batch_layer.settling import agreements, alone, settled
from bench.settlement import pandas_peer
from bench.settlement.communities import CUT, FIRST, agreed, contracts, energy, metered
from bench.settlement.lost import mwh_off
from bench.settlement.pandas_peer import Sums
from conf import Settings, load_settings
from energy.calendar import utc_dates
from store.spark import session

SIZES = (100, 300, 1_000)
MONTHS = 12
LARGE = 100_000
BAR_S, AIM_S, BAR_MEMBERS = 180.0, 60.0, 1_000
CORES = 2


class Took(NamedTuple):
    """Seconds by the clock, and of all processors together, which say the same on a busy machine."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:.1f} ({self.processor:.1f})"


class Found(NamedTuple):
    """What settling so many members took; beside plain pandas."""

    members: int
    took: Took
    peer_took: Took
    lost_mwh: int
    is_same: bool
    corrected: Took
    alone: Took
    alone_corrected: Took


class World(NamedTuple):
    """A folder in HDFS's place with the energy of a first night, and what its members agreed on."""

    night: Night
    agreed: DataFrame
    contracts: DataFrame
    energy: DataFrame


def world(spark: SparkSession, settings: Settings, members: int, shares: bool = True) -> World:
    """Communities of so many members, or so many homes that share nothing."""
    shutil.rmtree(settings.hdfs_path().removeprefix("file://"), ignore_errors=True)
    night = Night(spark, settings, Run("20260101T000500Z", CUT, CUT))
    rows = energy(spark, members) if shares else metered(spark, members)
    energy_view.write_changes(night, rows, [])
    place = settings.hdfs_path("agreement")
    spark.createDataFrame(agreed(members if shares else 0), agreements.TABLE).write.parquet(place)
    stated = spark.createDataFrame(list(contracts(members).items()), "installation_id string, contracts string")
    affected = [("x", day, False) for day in utc_dates(FIRST, CUT)]
    AFFECTED.write(night, spark.createDataFrame(affected, AFFECTED.columns))
    return World(night, spark.read.schema(agreements.TABLE).parquet(place), stated.persist(), rows)


def now() -> Took:
    """The clock, and what this process and those it has started have used of processors."""
    me = psutil.Process()
    used = [sum(each.cpu_times()[:4]) for each in (me, *me.children(recursive=True))]
    return Took(time.monotonic(), sum(used))


def since(began: Took) -> Took:
    """What has passed."""
    ended = now()
    return Took(ended.clock - began.clock, ended.processor - began.processor)


def timed(of: World) -> tuple[Took, Run]:
    """What a settlement took, and its run."""
    began = now()
    outcome = settle.settle(of.night, of.agreed, of.contracts, of.night.spark.createDataFrame([], alone.STATED))
    took = since(began)
    return took, runs.finish(of.night.spark, of.night.settings, of.night.run, "settle", outcome)


def corrected(of: World, first: Run) -> Took:
    """What the next night's settlement took, before which one quarter-hour was corrected."""
    night = replace(of.night, run=Run("20260102T000500Z", CUT, CUT, (first.run_id,), CUT))
    at = F.lit(datetime(2025, 7, 7, 10, tzinfo=timezone.utc))
    one = of.energy.where((F.col("installation_id") == "home-000007") & (F.col("start") == at))
    energy_view.write_changes(night, one.withColumn("energy_wh", F.lit(999.0)), [])
    AFFECTED.write(night, night.spark.createDataFrame([("x", date(2025, 7, 7), False)], AFFECTED.columns))
    took, run = timed(of._replace(night=night))
    assert run.finished["settle"]["settled_months"] == 1, run.finished
    return took


def sums(night: Night) -> Sums:
    """What the months settled by the night come to."""
    parts = [f"sum(aggregate({part}, 0L, (total, each) -> total + each))" for part in settled.ENERGIES]
    (row,) = SETTLEMENT.read(night).selectExpr(*parts, "sum(total_cents)", "sum(saving_cents)",
                                               "count(total_cents)").collect()  # fmt: skip
    return Sums(*row)


def measure(spark: SparkSession, settings: Settings, members: int) -> Found:
    """Settle a year of so many members, and the same by plain pandas."""
    of = world(spark, settings, members)
    took, run = timed(of)
    began = now()
    files = Path(settings.hdfs_path("energy").removeprefix("file://"))
    by_pandas = pandas_peer.settled(files, agreed(members), contracts(members))
    peer_took = since(began)
    written = replace(of.night, run=run)
    lost = mwh_off(SETTLEMENT.read(written), of.energy, of.agreed.select("community_id", "generation").distinct())
    is_same, again = sums(written) == by_pandas, corrected(of, run)
    of.contracts.unpersist()
    single = world(spark, settings, members, shares=False)
    alone_took, run = timed(single)
    assert run.finished["settle"]["billed_months"] == members * MONTHS, run.finished
    found = Found(members, took, peer_took, lost, is_same, again, alone_took, corrected(single, run))
    single.contracts.unpersist()
    return found


def show(say: Console, found: Sequence[Found]) -> None:
    """The table, and the line through the sizes."""
    table = Table("members × a year", "settled, s", "plain pandas, s", "mWh off", "pandas' sums", "one corrected, s",
                  "sharing nothing, s", "one corrected, s", title="seconds by the clock (of processors)")  # fmt: skip
    for each in found:
        table.add_row(f"{each.members:,}", str(each.took), str(each.peer_took), str(each.lost_mwh),
                      "yes" if each.is_same else "NO", str(each.corrected), str(each.alone),
                      str(each.alone_corrected))  # fmt: skip
    say.print(table)
    for what, which in product(Took._fields, ("took", "alone")) if len(found) > 1 else ():
        months = [each.members * MONTHS for each in found]
        slope, start = np.polyfit(months, [getattr(getattr(each, which), what) for each in found], 1)
        whose = "a member's month" if which == "took" else "a month of who shares nothing"
        say.print(f"{what}: {start:.1f} s and {1000 * slope:.2f} ms {whose}; {LARGE:,} of them: "
                  f"{(start + slope * LARGE) / 60:.1f} min")  # fmt: skip
    say.print(f"bar {BAR_S:.0f} s, aim {AIM_S:.0f} s, for {BAR_MEMBERS:,} members")


def main(sizes: Sequence[int]) -> int:
    """Print what it took; 1 if a bar is missed."""
    say = Console(highlight=False)
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(home=Path(folder))
        settings = settings.model_copy(
            update={"hdfs": settings.hdfs.model_copy(update={"uri": f"file://{folder}/hdfs"})}
        )
        spark = session(settings, "bench settle", **{"spark.master": f"local[{CORES}]"})
        cold, _ = timed(world(spark, settings, sizes[0]))
        say.print(f"{sizes[0]:,} members, the first work of its session: {cold} s")
        found = [measure(spark, settings, members) for members in sizes]
        spark.stop()
    show(say, found)
    return int(any(each.took.clock > BAR_S * max(each.members / BAR_MEMBERS, 1) or each.lost_mwh or not each.is_same
                   for each in found))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main([int(each) for each in sys.argv[1:]] or SIZES))
