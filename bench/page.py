"""How soon a reading is on an open page, through Kafka, the speed layer and the API, and what the open page costs.

    python -m bench.page [--seconds 60] [--rate 100]

Bar: 1.5 s from the producer's send to the pixel at p95, aim 1 s, and 2 % of a core of the server for an idle page.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import psutil
from confluent_kafka import Producer
from playwright.sync_api import Page, sync_playwright
from rich.console import Console

from bench.streams.job import in_keyspace, job, report
from bench.streams.live import percentiles
from bench.streams.readings import reading, register
from conf import Settings, load_settings, logins
from serving_layer.access.token import token_of
from stack.passwords import make_passwords
from stack.up import down, up
from store.kafka import confluent
from tests.support.servers.started import started

BAR_SECONDS, BAR_SHARE = 1.5, 0.02
DEVICES = 100
SETTLING_SECONDS = 40
SEEN = """(place) => { window.seen = []; new MutationObserver(() => window.seen.push([place.textContent, Date.now()]))
.observe(place, { childList: true, characterData: true, subtree: true }); }"""


def main() -> None:
    """Measure and print; a bar that is missed is an error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60, help="length of each part")
    parser.add_argument("--rate", type=int, default=100, help="readings a second of all devices")
    asked = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="solera-bench-") as home, _servers(Path(home)) as settings:
        console.log("speed layer and API are started")
        with job(settings), started(settings, "api") as server, _page(settings) as page:
            idle = share_of_a_core(server, page, asked.seconds)
            console.log(f"an idle page: {100 * idle:.2f} % of a core of the server (bar {100 * BAR_SHARE:.0f} %)")
            console.log(f"{asked.rate} readings/s for {SETTLING_SECONDS + asked.seconds:.0f} s")
            took = latencies(settings, page, asked.seconds, asked.rate)
    middle, late = percentiles(took)
    console.log(f"send to pixel, {len(took)} readings: p50 {middle:.2f} s, p95 {late:.2f} s (bar {BAR_SECONDS} s)")
    if late > BAR_SECONDS or idle > BAR_SHARE:
        raise SystemExit(1)


@contextmanager
def _servers(home: Path) -> Iterator[Settings]:
    plain = load_settings().model_copy(update={"home": home})
    make_passwords(plain)
    plain = logins.held(plain)
    up(plain, ["kafka", "cassandra"])
    try:
        settings = in_keyspace(plain, "bench_page")
        register(settings, DEVICES)
        yield settings
    finally:
        down(plain)


@contextmanager
def _page(settings: Settings) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        origin = f"http://127.0.0.1:{settings.api.port}"
        page.goto(f"{origin}/login?token={token_of(settings)}")
        page.goto(f"{origin}/installation?id=bench-0000")
        yield page
        browser.close()


def share_of_a_core(server: psutil.Process, page: Page, seconds: float) -> float:
    """What the server works while nothing is read, with one page open."""
    before = sum(server.cpu_times()[:2])
    page.wait_for_timeout(1000 * seconds)
    return (sum(server.cpu_times()[:2]) - before) / seconds


def latencies(settings: Settings, page: Page, seconds: float, rate: int) -> list[float]:
    """Seconds from the send of each reading of one inverter, one a second, until the page shows it."""
    page.locator('[data-live="sun-power"]').evaluate(SEEN)
    sent: dict[str, float] = {}
    thread = threading.Thread(target=_send, args=(settings, SETTLING_SECONDS + seconds, rate, sent))
    begun = time.time()
    thread.start()
    while thread.is_alive():
        page.wait_for_timeout(500)
    thread.join()
    page.wait_for_timeout(5000)
    shown = {text: at / 1000 for text, at in reversed(page.evaluate("window.seen"))}
    counted = {text: at for text, at in sent.items() if at >= begun + SETTLING_SECONDS}
    took = [shown[text] - at for text, at in counted.items() if text in shown]
    if len(took) < 0.9 * len(counted):
        raise SystemExit(f"Of {len(counted)} readings the page showed {len(took)}; the job says {report(settings)}.")
    return took


def _send(settings: Settings, seconds: float, rate: int, sent: dict[str, float]) -> None:
    """``rate`` readings a second of all devices; those of the first are 100 W, 101 W, and so on, and are noted."""
    producer = Producer(confluent(settings) | {"enable.idempotence": True, "linger.ms": 5})
    first = time.time()
    for number in range(int(seconds * rate)):
        time.sleep(max(0.0, first + number / rate - time.time()))
        device, at = number % DEVICES, round(time.time(), 3)
        key, value = reading(device, datetime.fromtimestamp(at, timezone.utc))
        if device == 0:
            watts = 100 + len(sent)
            value = json.dumps(json.loads(value) | {"ac_power_w": watts}).encode()
            sent[f"{watts} W"] = at
        producer.produce("readings", value, key)
        producer.poll(0)
    producer.flush()


if __name__ == "__main__":
    main()
