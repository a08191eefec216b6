"""What a night of forecasts costs: 1,000 installations with a year of hourly history, from features to published rows.

Bar: features, train, forecast, evaluate and publish together take 20 minutes on two cores; aim: 10.

python -m bench.thousand [INSTALLATIONS]
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812
from rich.console import Console
from rich.table import Table

from batch_layer import runs
from batch_layer.nightly import nightly
from bench.watched.steps import timed
from conf import Settings, load_settings
from ingest.catalogue import dated
from ingest.catalogue.dated import CAPACITY, MEMBERSHIP
from stack.up import down, up
from store import cassandra
from store.history.periods import Period
from store.runs import NIGHTLY
from store.spark import session
from tests.support.servers.ports import free_offset

DAYS = 365
COMMUNITY_SIZE = 20
FORECASTING = ("features", "train", "forecast", "evaluate", "publish")
BAR_S, AIM_S = 1200.0, 600.0
MARKS = dict.fromkeys(("readings", "intervals", "prices"), -1)


def name(number: int) -> str:
    """Installation of a number."""
    return f"home-{number:04d}"


def register(settings: Settings, count: int) -> None:
    """Homes of 3 to 8 kW all over Spain, twenty to a community."""
    with cassandra.session(settings) as views:
        insert = views.prepare(
            "INSERT INTO installation (installation_id, kind, latitude, longitude, time_zone, capacity_kw, tilt_deg, "
            "azimuth_deg, community_id) VALUES (?, ?, ?, ?, 'Europe/Madrid', ?, 30, 180, ?)"
        )
        for number in range(count):
            place = (37.0 + number % 60 / 10, -8.0 + number % 97 / 10)
            whole = f"community-{number // COMMUNITY_SIZE:02d}"
            views.execute(insert, (name(number), "home", *place, 3.0 + number % 6, whole))
            views.execute("INSERT INTO installation (installation_id, kind) VALUES (%s, 'community')", (whole,))
            dated.write(CAPACITY, views, {}, {name(number): [Period(3.0 + number % 6)]})
            dated.write(MEMBERSHIP, views, {}, {name(number): [Period(whole)]})


def keep_history(spark: SparkSession, settings: Settings, count: int, cut: datetime) -> None:
    """A year of quarter-hours of generation and consumption, as an earlier published night would have left it."""
    began = cut - timedelta(days=1)
    run = runs.Run(runs.run_id_of(began), began, cut, marks=MARKS)
    first = int((cut - timedelta(days=DAYS)).timestamp())
    homes = spark.range(count).select(F.format_string("home-%04d", "id").alias("installation_id"), "id")
    hour = "hour(start) + minute(start) / 60"
    sky = f"0.3 + 0.7 * pmod(hash(event_day, id div {COMMUNITY_SIZE}), 100) / 100"
    sun = f"greatest(0, sin({math.pi} * ({hour} - 6) / 12)) * (3000 + 1000 * (id % 6)) / 4 * ({sky})"
    evening = f"(100 + 400 * exp(-pow({hour} - 20, 2) / 8))"
    load = f"{evening} / 4 * (0.5 + pmod(hash(event_day, id, hour(start)), 100) / 100)"
    quarters = (
        spark.range(DAYS * 96)
        .select(F.timestamp_seconds(F.lit(first) + F.col("id") * 900).alias("start"))
        .withColumn("event_day", F.to_date("start"))
        .repartition(8, "event_day")
        .crossJoin(F.broadcast(homes))
    )
    members = quarters.select(
        "installation_id",
        F.expr(f"stack(2, 'generation', {sun}, 'consumption', {load}) AS (quantity, energy_wh)"),
        "start",
        "event_day",
    )
    whole = F.expr(f"format_string('community-%02d', cast(substring(installation_id, 6) as int) div {COMMUNITY_SIZE})")
    sums = members.groupBy(whole.alias("installation_id"), "quantity", "start", "event_day")
    rows = members.unionByName(sums.agg(F.sum("energy_wh").alias("energy_wh")))
    bounds = [F.col("energy_wh").alias(bound) for bound in ("lower_wh", "upper_wh")]
    plain = [F.lit(1.0).alias("completeness"), F.lit("measured").alias("method"), F.lit("").alias("cause")]
    rows = rows.select("*", *bounds, *plain, F.lit(run.run_id).alias("run_id"))
    rows = rows.repartition(8, "event_day").sortWithinPartitions("event_day", "installation_id", "quantity")
    rows.write.partitionBy("event_day", "run_id").parquet(settings.hdfs_path("energy"))
    runs.save(spark, settings, run)
    with cassandra.session(settings) as views:
        views.execute(
            "INSERT INTO run (name, run_id, started, published, cut) VALUES (%s, %s, %s, %s, %s)",
            (NIGHTLY, run.run_id, began, began, cut),
        )


def measure(settings: Settings, count: int, console: Console) -> dict[str, float]:
    """Seconds of each step of the night."""
    spark = session(settings, "bench thousand", **{"spark.driver.memory": "2g"})
    midnight = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    began = time.monotonic()
    keep_history(spark, settings, count, midnight)
    console.print(f"history of {count:,} installations written in {time.monotonic() - began:.0f} s")
    took: dict[str, float] = {}
    steps = timed(took.__setitem__)

    def note(text: str) -> None:
        steps(text)
        console.print(text)

    nightly(spark, settings, midnight.date(), report=note)
    spark.stop()
    return took


def main(count: int) -> None:
    """Print the seconds of each step and say whether the bar is met."""
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="solera-bench-") as folder:
        settings = load_settings(home=Path(folder), port_offset=free_offset())
        up(settings, ["servers"])
        try:
            register(settings, count)
            took = measure(settings, count, console)
        finally:
            down(settings)
    table = Table("step", title=f"A night of {count:,} installations with a year of hourly history")
    table.add_column("seconds", justify="right")
    for step in FORECASTING:
        table.add_row(step, f"{took[step]:.0f}")
    total = sum(took[step] for step in FORECASTING)
    table.add_row("together", f"{total:.0f}")
    console.print(table)
    console.print(f"Bar {BAR_S:.0f} s, aim {AIM_S:.0f} s.")
    if total > BAR_S:
        raise SystemExit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
