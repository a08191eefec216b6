"""What a night's settlement costs: 1,000 members with a year of quarter-hours and coefficients for each hour.

Bar: all of it settled, bills and savings too, in 3 minutes on two cores; aim: 1. Then a night in which one reading was
corrected. No server is needed: HDFS is a folder here.

python -m bench.money.settle [MEMBERS]
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from rich.console import Console

from batch_layer import runs, settle
from batch_layer.artifacts import AFFECTED
from batch_layer.quarters import energy_view
from batch_layer.runs import Night, Run
from batch_layer.settling import agreements
from conf import load_settings
from energy.money.community.agreement import ONE
from energy.money.community.hours import hours_of
from store.spark import session
from tests.support.money.bills import AGREED, HOME

MEMBERS, COMMUNITY_SIZE = 1_000, 100
YEAR = 2025
FIRST, CUT = datetime(2024, 12, 31, tzinfo=timezone.utc), datetime(2025, 12, 31, 23, tzinfo=timezone.utc)
BAR_S, AIM_S = 180.0, 60.0
CORES = 2
CONTRACT = json.dumps([HOME | {"compensation": AGREED}])


def energy(spark: SparkSession, members: int) -> DataFrame:
    """A year of quarter-hours: every member's use, and what the roof of each community generates."""
    quarters = int((CUT - FIRST) / timedelta(minutes=15))
    number = F.col("id") % quarters
    start = F.timestamp_seconds(F.lit(int(FIRST.timestamp())) + number * 900)
    owner = (F.col("id") / quarters).cast("int")
    uses = spark.range(members * quarters).select(
        F.format_string("home-%04d", owner).alias("installation_id"),
        F.lit("consumption").alias("quantity"),
        start.alias("start"),
        (F.pmod(F.xxhash64("id"), F.lit(300_000)) / 1000).alias("energy_wh"),
    )
    roofs = spark.range(members // COMMUNITY_SIZE * quarters).select(
        F.format_string("roof-%02d", owner).alias("installation_id"),
        F.lit("generation").alias("quantity"),
        start.alias("start"),
        (F.pmod(F.xxhash64("id"), F.lit(20_000_000)) / 1000).alias("energy_wh"),
    )
    nothing = {name: F.lit(None).cast("double") for name in ("lower_wh", "upper_wh", "before_wh")}
    plain = {"completeness": F.lit(1.0), "method": F.lit("measured"), "cause": F.lit(""), "why": F.lit("new")}
    return uses.unionByName(roofs).withColumns(plain | nothing | {"event_day": F.to_date("start")})


def agreed(spark: SparkSession, members: int) -> DataFrame:
    """Hourly coefficients of every community."""
    dice, found = np.random.default_rng(1), []
    for community in range(members // COMMUNITY_SIZE):
        cuts = np.sort(dice.integers(0, ONE + 1, (hours_of(YEAR), COMMUNITY_SIZE - 1)), axis=1)
        betas = np.diff(cuts, axis=1, prepend=0, append=ONE)
        for n in range(COMMUNITY_SIZE):
            member = f"home-{community * COMMUNITY_SIZE + n:04d}"
            found.append((f"community-{community:02d}", date(YEAR, 1, 1), member, YEAR, betas[:, n].astype(np.int32),
                          f"roof-{community:02d}", "consecutive", "Europe/Madrid"))  # fmt: skip
    columns = [column.split()[0] for column in agreements.TABLE.split(", ")]
    return spark.createDataFrame(pd.DataFrame(found, columns=columns), agreements.TABLE)


def timed(night: Night, table: DataFrame, contracts: DataFrame, say: Console, what: str) -> tuple[float, Run]:
    """Seconds of a settlement, and its run."""
    began = time.monotonic()
    outcome = settle.settle(night, table, contracts)
    took = time.monotonic() - began
    say.print(f"{what}: {dict(outcome.counts)} in {took:.1f} s")
    return took, runs.finish(night.spark, night.settings, night.run, "settle", outcome)


def main(members: int) -> int:
    """Print what it took; 1 if the bar is missed."""
    say = Console(highlight=False)
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(home=Path(folder))
        settings = settings.model_copy(
            update={"hdfs": settings.hdfs.model_copy(update={"uri": f"file://{folder}/hdfs"})}
        )
        spark = session(settings, "bench settle", **{"spark.master": f"local[{CORES}]"})
        night = Night(spark, settings, Run("20260101T000500Z", CUT, CUT))
        rows = energy(spark, members)
        energy_view.write_changes(night, rows, [])
        table = agreed(spark, members)
        table.write.parquet(f"file://{folder}/agreement")
        table = spark.read.schema(agreements.TABLE).parquet(f"file://{folder}/agreement")
        names = [(f"home-{n:04d}", CONTRACT) for n in range(members)]
        contracts = spark.createDataFrame(names, "installation_id string, contracts string").persist()
        AFFECTED.write(night, spark.createDataFrame([("x", CUT.date(), False)], AFFECTED.columns))
        took, run = timed(night, table, contracts, say, f"{members:,} members, a year")
        night = replace(night, run=Run("20260102T000500Z", CUT, CUT, (run.run_id,), CUT))
        at = F.lit(datetime(2025, 7, 7, 10, tzinfo=timezone.utc))
        one = rows.where((F.col("installation_id") == "home-0007") & (F.col("start") == at))
        energy_view.write_changes(night, one.withColumn("energy_wh", F.lit(999.0)), [])
        AFFECTED.write(night, spark.createDataFrame([("x", date(2025, 7, 7), False)], AFFECTED.columns))
        timed(night, table, contracts, say, "one quarter-hour corrected")
        spark.stop()
    say.print(f"bar {BAR_S:.0f} s, aim {AIM_S:.0f} s, for {MEMBERS:,} members")
    return int(took > BAR_S * members / MEMBERS)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else MEMBERS))
