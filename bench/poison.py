"""Good readings at a steady rate beside large, packed and deep messages: how late they are, and what had to restart.

    python -m bench.poison [--seconds 120] [--rate 500]

Poison is sent by the same login and with the same keys as the good readings, spread over the whole time.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
from pathlib import Path

from confluent_kafka import KafkaError, Message, Producer
from rich.console import Console
from rich.table import Table

from bench.speed import after_warming
from bench.streams.job import in_keyspace, job
from bench.streams.live import PROBES, latencies
from bench.streams.readings import DEVICES, register
from conf import Settings, load_settings, logins
from stack.passwords import make_passwords
from stack.process import Place
from stack.up import down, status, up
from store.kafka import confluent

LARGE, GIANTS, DEEP = 1_000, 20, 200
LATE_SECONDS = 10.0
WIDEST = 900_000_000
"""Bytes that the producer of giants may send: it is the broker that has to refuse."""


def main() -> None:
    """Measure, print, and fail where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--rate", type=int, default=500, help="good readings a second")
    parser.add_argument("--devices", type=int, default=DEVICES, help="devices that send them")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="solera-bench-") as home:
        plain = load_settings(home=Path(home))
        make_passwords(plain)
        settings = logins.held(plain)
        up(plain, ["kafka", "cassandra"])
        try:
            rows = measured(settings, asked)
        finally:
            down(plain)
    table = Table("what", "measured", "bar", title="Poison beside good readings")
    for what, value, bar in rows:
        table.add_row(what, value, bar)
    Console().print(table)
    if any(bar and value != bar for _, value, bar in rows):
        raise SystemExit(1)


def measured(settings: Settings, asked: argparse.Namespace) -> list[tuple[str, str, str]]:
    """What happens to the good readings of :data:`PROBES` devices, as (what, value, bar)."""
    own = in_keyspace(settings, "bench_poison")
    register(own, asked.devices)
    with job(own) as process:
        plain = sorted(after_warming(own, asked))
        refused: list[KafkaError] = []
        sending = threading.Thread(target=poison, args=(own, asked.seconds, refused))
        sending.start()
        found = sorted(latencies(own, asked.seconds, asked.rate, asked.devices))
        sending.join()
        ended = int(process.poll() is not None)
    sent = round(asked.seconds * asked.rate * PROBES / asked.devices)
    states = status(Place(settings.home))["services"].values()
    restarts = ended + sum(each["restarts"] for each in states)
    return [
        ("poison sent", f"{LARGE} of 1 MiB, {GIANTS} packed giants, {DEEP} deep", ""),
        ("giants that the broker refused", str(len(refused)), str(GIANTS)),
        ("good readings watched, and seen", f"{sent}, {len(found)}", ""),
        ("good readings never seen", str(max(0, sent - len(found))), "0"),
        (f"late by more than {LATE_SECONDS:.0f} s", str(sum(each > LATE_SECONDS for each in found)), "0"),
        ("p50, p95, latest, s", _spread(found), ""),
        ("the same before any poison, s", _spread(plain), ""),
        ("restarts of broker, Cassandra and speed job", str(restarts), "0"),
    ]


def _spread(latencies: list[float]) -> str:
    """The median, 95th percentile and greatest of them."""
    return ", ".join(f"{latencies[int((len(latencies) - 1) * p)]:.2f}" for p in (0.5, 0.95, 1))


def poison(settings: Settings, seconds: float, refused: list[KafkaError]) -> None:
    """Send all of it, evenly; ``refused`` takes what the broker says of the giants."""
    large = json.dumps({"installation_id": "bench-0000", "more": "x" * 1_040_000}).encode()
    deep = b'{"a":' * 12_000
    plain = Producer(confluent(settings) | {"message.max.bytes": 4_000_000})
    packed = Producer(confluent(settings) | {"compression.type": "zstd", "message.max.bytes": WIDEST})
    steps = threading.Event()

    def note_refusal(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            refused.append(error)

    for number in range(LARGE):
        plain.produce("readings", large, f"bench-{number % 50:04d}")
        if number % (LARGE // DEEP) == 0:
            plain.produce("readings", deep, "bench-0001")
        if number % (LARGE // GIANTS) == 0:
            size = 5_000_000 if number % (2 * LARGE // GIANTS) else 40_000_000
            packed.produce("readings", b" " * size, "bench-0002", on_delivery=note_refusal)
            packed.flush(30)
        plain.poll(0)
        steps.wait(seconds / LARGE)
    plain.flush(60)


if __name__ == "__main__":
    main()
