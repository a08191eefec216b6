"""From a reading's send to the pixels of an open page, beside the row in Cassandra, on servers of its own.

    python -m bench.page [--seconds 60] [--rate 500]

Kafka, Cassandra, the speed layer and the API run as ``solera up`` runs them; a home's page is open in Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.table import Table

from bench.streams.live import latencies, percentiles
from bench.streams.readings import power, register
from conf import Settings, load_settings, logins
from serving_layer.web.words import en
from stack.passwords import make_passwords
from stack.up import down, up

HOME, INVERTER = "bench-0000", "bench-0000-inverter"
BAR, AIM = 1.5, 1.0
SEEN = """(place) => { window.seen = []; new MutationObserver(() => window.seen.push([place.textContent, Date.now()]))
.observe(place, { childList: true, characterData: true, subtree: true }); }"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60, help="length of the measurement")
    parser.add_argument("--rate", type=int, default=500, help="readings a second of 500 devices")
    asked = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("This bench opens a page in Chromium: install Debian's package chromium.")
    table = Table("what", "p50, s", "p95, s", "bar, s", title=f"A live value at {asked.rate} readings/s")
    with tempfile.TemporaryDirectory(prefix="solera-bench-") as home:
        settings = load_settings(home=Path(home))
        make_passwords(settings)
        settings = logins.held(settings)
        up(settings, ["kafka", "cassandra", "speed", "api"])
        try:
            register(settings)
            rows, pixels = measure(settings, chromium, asked.seconds, asked.rate)
        finally:
            down(settings)
    for what, seconds, bar in (("row in Cassandra", rows, ""), ("pixels of the page", pixels, f"{BAR}, aim {AIM}")):
        middle, late = percentiles(seconds)
        table.add_row(f"send to the {what}, {len(seconds):,} values", f"{middle:.2f}", f"{late:.2f}", bar)
    Console().print(table)


def measure(settings: Settings, chromium: str, seconds: float, rate: int) -> tuple[list[float], list[float]]:
    """Seconds from send to row and from send to pixels, once the speed layer is warm."""
    latencies(settings, seconds, rate)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(locale="en-GB")
        origin = f"http://{settings.api.host}:{settings.api.port}"
        page.goto(f"{origin}/login?token={(settings.home / 'token').read_text().strip()}")
        page.goto(f"{origin}/installation?id={HOME}")
        page.locator('[data-live="sun-power"]').evaluate(SEEN)
        sent: dict[str, list[float]] = {}
        rows = latencies(settings, seconds, rate, sent=sent)
        pixels = shown(page, sent[INVERTER])
        browser.close()
    return rows, pixels


def shown(page: Page, sent: Sequence[float]) -> list[float]:
    """Seconds of each value that the page has shown since the newest reading that says it."""
    said = [" ".join(en.EN.power(power(0, datetime.fromtimestamp(at, timezone.utc)))) for at in sent]
    found = []
    for text, ms in page.evaluate("window.seen"):
        before = bisect_right(sent, ms / 1000)
        of = next((n for n in range(before - 1, max(before - 120, 0) - 1, -1) if said[n] == text), None)
        if of is not None:
            found.append(ms / 1000 - sent[of])
    return found


if __name__ == "__main__":
    main()
