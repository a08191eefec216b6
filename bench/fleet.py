"""A day of a whole fleet: its readings through the speed layer and the night, then asked for by page and SQL.

Each installation has an inverter and a meter, each read every five minutes of yesterday (UTC): of 10,000 it is 5.8
million readings. Each size has servers of its own. Printed are the seconds and the largest memory of each part, and how
each grows from size to size.

python -m bench.fleet [INSTALLATIONS ...]
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from statistics import median

import requests
from rich.console import Console
from rich.table import Table

from batch_layer.nightly import nightly
from bench.streams.job import has_done
from bench.streams.live import latencies
from bench.streams.readings import ends, reading, register, send
from bench.watched.processes import Peaks, cores
from bench.watched.steps import timed
from conf import Settings, load_settings, logins
from serving_layer.access.token import token_of
from stack.passwords import make_passwords
from stack.up import down, up
from store.spark import session
from tests.support.servers.ports import free_offset
from tests.support.sql.client import asking

SIZES = (100, 1_000, 10_000)
STEP, A_DAY = timedelta(minutes=5), timedelta(days=1)
ROUNDS = 5
HOURS_AT_MOST = 2
OPEN_SECONDS = 60.0
SUMS = "SELECT quantity, sum(energy_wh) FROM energy_daily GROUP BY quantity"


class Parts:
    """The seconds of each part, said as they are known."""

    def __init__(self, installations: int, console: Console) -> None:
        self.installations, self.console = installations, console
        self.seconds: dict[str, float] = {}

    def keep(self, name: str, seconds: float) -> None:
        """What a part took."""
        self.seconds[name] = seconds
        self.console.print(f"{self.installations:,} installations, {name}: {seconds:.2f}")

    def time(self, name: str, work: Callable[[], object]) -> None:
        """Do the work of a part."""
        self.keep(name, seconds_of(work))


def seconds_of(work: Callable[[], object]) -> float:
    """What it takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def day(installations: int, midnight: datetime) -> Iterator[tuple[str, bytes]]:
    """Every reading of the day that ends at ``midnight`` (UTC), in the order of time."""
    for step in range(A_DAY // STEP):
        for device in range(2 * installations):
            yield reading(device, midnight - A_DAY + step * STEP)


def caught_up(settings: Settings) -> None:
    """Wait until the speed layer has every reading and its energy. Raises :class:`SystemExit` after two hours."""
    last, until = ends(settings), time.monotonic() + 3600 * HOURS_AT_MOST
    while time.monotonic() < until:
        if all(has_done(settings, query, last) for query in ("readings", "energy")):
            return
        time.sleep(0.5)
    raise SystemExit(f"The speed layer was not done within {HOURS_AT_MOST} h: {settings.home}/logs/speed.log")


def night(settings: Settings, midnight: datetime, parts: Parts) -> None:
    """The whole night, each step a part."""
    spark = session(settings, "bench fleet")
    nightly(spark, settings, midnight.date(), report=timed(lambda step, took: parts.keep(f"night: {step}", took)))
    spark.stop()


def visiting(settings: Settings) -> tuple[str, requests.Session]:
    """The pages' address, and a browser that has logged in there."""
    origin, browser = f"http://{settings.api.host}:{settings.api.port}", requests.Session()
    browser.get(f"{origin}/login", params={"token": token_of(settings)}, timeout=60).raise_for_status()
    return origin, browser


def asked(settings: Settings, midnight: datetime, parts: Parts) -> None:
    """The control centre, an installation's day, the sums of the fleet, each a few times."""
    origin, visitor = visiting(settings)
    days = f"from={midnight - A_DAY:%Y-%m-%d}&to={midnight:%Y-%m-%d}"
    one = f"/v1/installations/bench-0001/energy?quantity=generation&{days}"

    def get(path: str) -> None:
        visitor.get(f"{origin}{path}", timeout=600).raise_for_status()

    with asking(settings) as ask:
        questions: dict[str, Callable[[], object]] = {
            "control centre, first rows": lambda: get("/control"),
            "control centre, all rows": lambda: get("/control/rows"),
            "an installation's day by REST": lambda: get(one),
            "the fleet's sums by SQL": lambda: ask(SUMS),
        }
        for name, question in questions.items():
            question()
            parts.keep(name, median(seconds_of(question) for _ in range(ROUNDS)))


def followed(settings: Settings, installations: int, parts: Parts) -> None:
    """The API's share of a core while a control centre is open, every device sending every ten seconds."""
    origin, visitor = visiting(settings)
    devices = 2 * installations
    live = threading.Thread(target=latencies, args=(settings, OPEN_SECONDS + 20, devices // 10, devices), daemon=True)
    live.start()
    closed = cores(settings.home, OPEN_SECONDS / 2, "api")
    with visitor.get(f"{origin}/control/stream", stream=True, timeout=60) as page, ThreadPoolExecutor() as beside:
        page.raise_for_status()
        opened = beside.submit(cores, settings.home, OPEN_SECONDS, "api")
        # A sign of life comes every two seconds.
        next(line for line in page.iter_lines() if opened.done())
        parts.keep("an open control centre, cores", opened.result() - closed)
    live.join()


def measure(installations: int, console: Console) -> tuple[dict[str, float], dict[str, int]]:
    """Seconds of each part, and bytes of each service at most."""
    parts = Parts(installations, console)
    midnight = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    with tempfile.TemporaryDirectory(prefix="solera-bench-") as folder:
        settings = load_settings(home=Path(folder).resolve(), port_offset=free_offset())
        make_passwords(settings)
        settings = logins.held(settings)
        peaks = Peaks(settings.home)
        up(settings, ["servers"])
        try:
            peaks.start()
            parts.time("catalogue", lambda: register(settings, 2 * installations))
            parts.time("Kafka", lambda: send(settings, day(installations, midnight)))
            up(settings, ["speed"])
            parts.time("speed layer, to the last energy", lambda: caught_up(settings))
            night(settings, midnight, parts)
            up(settings, ["api", "thrift"])
            asked(settings, midnight, parts)
            followed(settings, installations, parts)
        finally:
            peaks.ended.set()
            down(settings)
    return parts.seconds, peaks.of


def show(console: Console, found: dict[int, tuple[dict[str, float], dict[str, int]]]) -> None:
    """Print seconds (of the open page cores) and memory by part, a column a size, and how each grows."""
    sizes = sorted(found)
    for title, which, unit in (("Seconds", 0, 1.0), ("Resident at most, MB", 1, 1e6)):
        digits = 2 - 2 * which
        table = Table("part", title=f"{title} by installations, {A_DAY // STEP * 2} readings each")
        for size in sizes:
            table.add_column(f"{size:,}", justify="right")
        for smaller, larger in pairwise(sizes):
            table.add_column(f"{larger:,} ÷ {smaller:,}", justify="right")
        for name in found[sizes[-1]][which]:
            values = [found[size][which].get(name, 0.0) / unit for size in sizes]
            times = [f"{b / a:.1f} ×" if a else "" for a, b in pairwise(values)]
            table.add_row(name, *(f"{value:,.{digits}f}" for value in values), *times)
        console.print(table)


def main(sizes: list[int]) -> None:
    """Measure and print."""
    console = Console(highlight=False)
    show(console, {size: measure(size, console) for size in sizes})


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or list(SIZES))
