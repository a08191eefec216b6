"""How fast the speed layer is, beside a plain kafka-python loop that does the same, on servers of its own.

    python -m bench.speed [--readings 1000000] [--seconds 60] [--commitlog batch --commitlog periodic]

A backlog: Kafka to Cassandra, validated, repeats dropped, raw reading and latest state written. Live: from the
producer's send to the row visible in ``inverter_state`` by CQL.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.streams.job import WARMING_BATCHES, Rate, in_keyspace, job, loop, rate, wait_for
from bench.streams.live import latencies, percentiles
from bench.streams.readings import DEVICES, a_while_ago, ends, publish, register
from conf import Settings, load_settings, logins
from stack.passwords import make_passwords
from stack.up import down, up

LOOP_SHARE = 10
"""The loop does a tenth of the backlog: its rate does not change with the size."""
BARS = {"batch": 20_000, "periodic": 35_000}
BAR_RATIO, BAR_ENERGY, BAR_LIVE = 3.0, 15_000, 1.5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--readings", type=int, default=1_000_000, help="messages of the backlog")
    parser.add_argument("--devices", type=int, default=DEVICES, help="devices that send them")
    parser.add_argument("--seconds", type=float, default=60, help="length of the live part; 0 leaves it out")
    parser.add_argument("--rate", type=int, default=500, help="live readings a second")
    parser.add_argument("--commitlog", action="append", choices=sorted(BARS), help="default: both")
    asked = parser.parse_args()
    console = Console()
    table = Table("what", "speed layer", "plain loop", "times", "bar", title="Speed layer")
    for commitlog in asked.commitlog or ["batch", "periodic"]:
        with tempfile.TemporaryDirectory(prefix="solera-bench-") as home:
            measure(table, console, Path(home), commitlog, asked)
    console.print(table)


def measure(table: Table, console: Console, home: Path, commitlog: str, asked: argparse.Namespace) -> None:
    """One commit-log setting: servers up, backlog, live, servers down."""
    plain = load_settings()
    # A small backlog still has several batches.
    batch = min(plain.spark.max_offsets_per_trigger, max(asked.readings // 5, 100))
    settings = plain.model_copy(
        update={
            "home": home,
            "cassandra": plain.cassandra.model_copy(update={"commitlog_sync": commitlog}),
            "spark": plain.spark.model_copy(update={"max_offsets_per_trigger": batch}),
        }
    )
    console.log(f"{commitlog}: starting Kafka and Cassandra")
    make_passwords(settings)
    settings = logins.held(settings)
    up(settings, ["kafka", "cassandra"])
    try:
        count = asked.readings + WARMING_BATCHES * batch
        console.log(f"{commitlog}: publishing {count:,} readings, the first {WARMING_BATCHES * batch:,} to warm up")
        publish(settings, count, a_while_ago(count, asked.devices), asked.devices)
        alone = backlog(console, settings, asked)
        looped = plain_loop(console, settings, asked)
        print_row(
            table,
            console,
            f"backlog of {asked.readings:,}, commit log {commitlog}, readings/s",
            f"{alone.warm:,.0f} a batch, {alone.overall:,.0f} in all",
            f"{looped:,.0f}",
            f"{alone.overall / looped:.1f}",
            f"{BARS[commitlog]:,}, {BAR_RATIO:.0f} times",
        )
        if commitlog == "batch":
            with_energy(table, console, settings, asked)
    finally:
        down(settings)


def print_row(table: Table, console: Console, *cells: str) -> None:
    """Keep a row for the table, and say it at once: the whole takes a quarter of an hour."""
    table.add_row(*cells)
    console.log(" | ".join(cells))


def backlog(console: Console, settings: Settings, asked: argparse.Namespace) -> Rate:
    """The readings query alone over the whole topic, from the beginning."""
    console.log(f"speed layer, energy off: {asked.readings:,} readings")
    own = in_keyspace(settings, "bench_readings")
    register(own, asked.devices)
    with job(own, "--without-energy") as process:
        wait_for(process, own, "readings", ends(own))
    return rate(own)


def plain_loop(console: Console, settings: Settings, asked: argparse.Namespace) -> float:
    """The loop's readings a second."""
    count = max(asked.readings // LOOP_SHARE, 1)
    console.log(f"plain loop: {count:,} readings")
    own = in_keyspace(settings, "bench_loop")
    register(own, asked.devices)
    with loop(own, count) as process:
        assert process.stdout is not None
        seconds = process.stdout.readline()
        if not seconds:
            raise SystemExit(f"The plain loop ended: {(own.home / 'measured.log').read_text()[-500:]}")
        return count / float(seconds)


def with_energy(table: Table, console: Console, settings: Settings, asked: argparse.Namespace) -> None:
    """Both queries: the backlog to its last total, then live beside the loop."""
    console.log("speed layer, energy on")
    own = in_keyspace(settings, "bench_energy")
    register(own, asked.devices)
    with job(own) as process:
        wait_for(process, own, "readings", ends(own))
        # Energy begins when the backlog's readings are in: what it makes of the warming batches is in its time.
        both = rate(own, wait_for(process, own, "energy", ends(own)), warming=1)
        what = "the same with the energy query on, to the last total"
        print_row(table, console, what, f"{both.overall:,.0f}", "", "", f"{BAR_ENERGY:,}")
        if not asked.seconds:
            return
        console.log(f"live, speed layer: {asked.rate} readings/s for {asked.seconds:.0f} s")
        mine = percentiles(after_warming(own, asked))
    console.log("live, plain loop")
    looped = in_keyspace(settings, "bench_loop")
    register(looped, asked.devices)
    with loop(looped, 0):
        theirs = percentiles(after_warming(looped, asked))
    print_row(
        table,
        console,
        f"live at {asked.rate}/s, send to row visible, s",
        f"p50 {mine[0]:.2f}, p95 {mine[1]:.2f}",
        f"p50 {theirs[0]:.2f}, p95 {theirs[1]:.2f}",
        f"{theirs[1] / mine[1]:.2f}",
        f"p95 {BAR_LIVE}",
    )


def after_warming(settings: Settings, asked: argparse.Namespace) -> list[float]:
    """Latencies once what small batches run through is compiled."""
    latencies(settings, asked.seconds, asked.rate, asked.devices)
    return latencies(settings, asked.seconds, asked.rate, asked.devices)


if __name__ == "__main__":
    main()
