"""What a night costs beside 1, 2 and 4 years of history: one new day of three homes, beside totalling everything anew.

Bar: the night of one new day takes no longer beside four years than beside one (but for noise, 25 %).
"""

from __future__ import annotations

import json
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from rich.console import Console
from rich.table import Table

from batch_layer.nightly import nightly
from conf import Settings, load_settings
from ingest.catalogue import dated
from ingest.catalogue.dated import MEMBERSHIP
from stack.up import down, up
from store import cassandra
from store.history.periods import Period
from store.kafka import confluent
from store.spark import session
from tests.support.servers.ports import free_offset

HOMES = ("bench-1", "bench-2", "bench-3")
YEARS = (1, 2, 4)
STEPS = ("archive", "clean", "totals", "publish")
BAR = 1.25


def register(settings: Settings) -> None:
    """The homes in the catalogue, one community."""
    with cassandra.session(settings) as views:
        views.execute("INSERT INTO installation (installation_id, kind) VALUES ('bench', 'community')")
        for home in HOMES:
            views.execute("INSERT INTO installation (installation_id, community_id) VALUES (%s, 'bench')", (home,))
            dated.write(MEMBERSHIP, views, {}, {home: [Period("bench")]})


def send(settings: Settings, first: datetime, days: int, known_at: datetime) -> None:
    """Hourly intervals of all homes."""
    producer = Producer(confluent(settings) | {"linger.ms": 20})
    for n in range(days * 24):
        start = first + timedelta(hours=n)
        for home in HOMES:
            record: dict[str, Any] = {
                "installation_id": home,
                "meter_id": f"{home}-meter",
                "start": start.isoformat(),
                "end": (start + timedelta(hours=1)).isoformat(),
                "import_wh": float(n * 31 % 900),
                "export_wh": float(n * 17 % 400),
                "generation_wh": float(n * 17 % 400) + 100.0,
                "method": "measured",
                "source": "bench",
                "known_at": known_at.isoformat(),
            }
            producer.produce("intervals", json.dumps(record).encode(), key=home)
        producer.poll(0)
    producer.flush()


def measure(settings: Settings, console: Console) -> list[tuple[int, float, int, float, int]]:
    """Years, seconds and rows of the night of one new day, and of the whole anew, by length of history."""
    spark = session(settings, "bench nightly")

    def timed_night(cut: datetime, what: str) -> tuple[float, int]:
        began = time.monotonic()
        run = nightly(spark, settings, cut.date(), report=lambda _: None, steps=STEPS)
        took, rows = time.monotonic() - began, run.finished["totals"]["energy_rows"]
        console.print(f"{what}: {rows:,} rows in {took:.1f} s")
        return took, rows

    midnight = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    newest = midnight - timedelta(days=len(YEARS))
    oldest, found = newest, []
    for n, years in enumerate(YEARS):
        begin = newest - timedelta(days=365 * years)
        send(settings, begin, (oldest - begin).days, midnight)
        oldest = begin
        timed_night(newest + timedelta(days=n), f"history up to {years} years")
        # Every home's whole history once more, known a minute later: all of it must be totalled again.
        send(settings, begin, 365 * years, midnight - timedelta(minutes=n + 1))
        whole, _ = timed_night(newest + timedelta(days=n), "everything anew")
        send(settings, newest + timedelta(days=n), 1, midnight)
        seconds, rows = timed_night(newest + timedelta(days=n + 1), "one new day")
        found.append((years, seconds, rows, whole, 365 * years * len(HOMES) * 24))
    spark.stop()
    return found


def main() -> None:
    """Print the table and say whether the bar is met."""
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="solera-bench-") as folder:
        settings = load_settings(home=Path(folder), port_offset=free_offset())
        up(settings, ["servers"])
        try:
            register(settings)
            found = measure(settings, console)
        finally:
            down(settings)
    table = Table("years of history", "one new day, s", "rows changed", "everything anew, s", "intervals anew")
    for years, seconds, rows, whole, intervals in found:
        table.add_row(str(years), f"{seconds:.1f}", f"{rows:,}", f"{whole:.1f}", f"{intervals:,}")
    console.print(table)
    ratio = found[-1][1] / found[0][1]
    console.print(f"Beside {YEARS[-1]} years a night takes {ratio:.2f} times what it takes beside one; bar {BAR}.")
    if ratio > BAR:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
