"""SQL over a fleet, 17 homes with a year of quarter-hours of five quantities, beside Spark over plain Parquet.

The year lies in HDFS as a published night leaves it, the speed view holds the last 40 days and today. The peer reads
the same rows in plain Parquet on the same HDFS, with the memory of the nightly job, in turn with SQL.

Bars: the sums by quantity 1.5 times the peer, aim 1.1; a home's day 1 s, aim 0.5; of eight analysts who ask at once for
five minutes no question fails, all three warm.

With ``thousand`` instead: monthly sums by home and quantity of 1,000 homes' year, 175 million rows in merged months;
the disk needs room for 5 GB. Bar 90 s, aim 45. DuckDB (pip install duckdb), where it is installed, answers the
same of copies of the files, in turn with SQL.

python -m bench.sql [MINUTES | thousand]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table

from bench.asked import thousand
from bench.asked.analysts import ANALYSTS, SUMS, Asked, at_once, day_of
from bench.asked.year import HOMES, keep
from conf import Settings, load_settings
from stack.up import down, up
from store.spark import session
from tests.support.servers.ports import free_offset
from tests.support.sql.client import asking

MINUTES = "5"
WARM_UP, MEASURED = 10, 15
BAR_TIMES, BAR_DAY_S, BAR_MONTHLY_S = 1.5, 1.0, 90.0
THOUSAND = "thousand"


def in_turn(*asks: Callable[[int], object], warm_up: int = WARM_UP, measured: int = MEASURED) -> list[list[float]]:
    """Seconds of each of the ``asks`` once warm, one after the other, so that the machine's noise is everybody's."""
    found: list[list[float]] = [[] for _ in asks]
    for number in range(warm_up + measured):
        for ask, times in zip(asks, found, strict=True):
            began = time.monotonic()
            ask(number)
            times.append(time.monotonic() - began)
    return [times[warm_up:] for times in found]


def measure(settings: Settings, cut: datetime, now: datetime, console: Console) -> list[list[float]]:
    """Seconds of the sums by SQL and by the peer, and of a home's day by SQL."""
    began = time.monotonic()
    spark = session(settings, "bench sql")
    plain = spark.read.parquet(keep(spark, settings, cut, now))
    plain.createOrReplaceTempView("plain")
    console.print(f"{plain.count():,} values of {HOMES} homes written in {time.monotonic() - began:.0f} s")
    with asking(settings) as ask:
        wanted = sorted(map(tuple, spark.sql(SUMS.format(table="plain")).collect()))
        if sorted(ask(SUMS.format(table="energy"))) != wanted:
            raise SystemExit("SQL and Spark over plain Parquet give other sums.")
        times = in_turn(
            lambda _: ask(SUMS.format(table="energy")),
            lambda _: spark.sql(SUMS.format(table="plain")).collect(),
            lambda number: ask(day_of(number % HOMES, cut - timedelta(days=1 + 20 * number))),
        )
    spark.stop()
    return times


def show(console: Console, times: Sequence[Sequence[float]]) -> bool:
    """Print the table; whether its bars are met."""
    whole, peer, day = times
    ratio = median(whole) / median(peer)
    table = Table("what", "median s", "slowest s", "bar", title=f"SQL over {HOMES} homes × 1 year, warm, in turn")
    table.add_row("sums by quantity", f"{median(whole):.2f}", f"{max(whole):.2f}", f"{ratio:.2f} × of {BAR_TIMES} ×")
    table.add_row("peer: Spark over plain Parquet", f"{median(peer):.2f}", f"{max(peer):.2f}", "")
    table.add_row("a home's day", f"{median(day):.2f}", f"{max(day):.2f}", f"{BAR_DAY_S} s")
    console.print(table)
    return ratio <= BAR_TIMES and median(day) <= BAR_DAY_S


def show_asked(console: Console, asked: Asked, minutes: float) -> bool:
    """Print what the analysts got; whether no question failed."""
    slow = ""
    if len(asked.seconds) > 1:
        slow = f", median {median(asked.seconds):.1f} s, p95 {quantiles(asked.seconds, n=20)[-1]:.1f} s"
    said = f"{len(asked.seconds)} answers{slow}; failed: {len(asked.failed)} (bar 0)"
    console.print(f"{ANALYSTS} analysts at once, {minutes:g} min: {said}")
    for text in sorted(set(asked.failed))[:5]:
        console.print(f"  {text}")
    return not asked.failed


def measure_thousand(settings: Settings, cut: datetime, now: datetime, console: Console) -> bool:
    """Print the monthly sums of 1,000 homes beside DuckDB's; whether the bar is met."""
    began = time.monotonic()
    spark = session(settings, "bench sql")
    folder = settings.home / "copied"
    thousand.keep(spark, settings, cut, now, folder)
    spark.stop()
    peer = thousand.peer(folder, cut)
    console.print(f"{thousand.values(cut, now):,} values written in {time.monotonic() - began:.0f} s")
    title = f"SQL over {thousand.HOMES:,} homes × 1 year, warm, in turn"
    table = Table("what", "median s", "slowest s", "bar", title=title)
    with asking(settings) as ask:
        monthly = thousand.MONTHLY.format(table="energy")
        found = sorted(ask(monthly))
        if peer is not None and found != peer():
            raise SystemExit("SQL and DuckDB give other sums.")
        others: list[Callable[[int], object]] = [] if peer is None else [lambda _: peer()]
        whole, *beside = in_turn(lambda _: ask(monthly), *others, warm_up=1, measured=3)
    table.add_row("monthly sums by home", f"{median(whole):.1f}", f"{max(whole):.1f}", f"{BAR_MONTHLY_S} s")
    for times in beside:
        table.add_row("peer: DuckDB on the same files", f"{median(times):.1f}", f"{max(times):.1f}", "")
    console.print(table)
    if not beside:
        console.print("DuckDB is not installed: pip install duckdb.")
    return median(whole) <= BAR_MONTHLY_S


def measure_year(settings: Settings, cut: datetime, now: datetime, console: Console, minutes: float) -> bool:
    """Print the figures of 17 homes; whether their bars are met."""
    is_quick = show(console, measure(settings, cut, now, console))
    return show_asked(console, at_once(settings, cut, minutes), minutes) and is_quick


def main(asked: str) -> int:
    """Print the figures; 1 where a bar is missed."""
    console = Console(highlight=False)
    now = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    cut = now.replace(hour=0)
    with tempfile.TemporaryDirectory(prefix="solera-bench-") as folder:
        settings = load_settings(home=Path(folder), port_offset=free_offset())
        up(settings, ["servers", "thrift"])
        try:
            if asked == THOUSAND:
                is_met = measure_thousand(settings, cut, now, console)
            else:
                is_met = measure_year(settings, cut, now, console, float(asked))
        finally:
            down(settings)
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else MINUTES))
