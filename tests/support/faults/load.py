"""Readings without a pause, numbered, of known energy, each remembered when the broker has acknowledged it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

from confluent_kafka import Producer

from conf import Settings
from store.kafka import confluent

FIRST_WH = 1000
STEP_WH = 5
STEP = timedelta(seconds=10)
"""Between two readings of a home by its own clock, which runs fast: a few minutes of load are hours of energy."""
PATIENCE_SECONDS = 300


def day() -> datetime:
    """Where the homes' clocks begin: three days before today, so that a night covers them."""
    return datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)


class Load(threading.Thread):
    """``rate`` readings a second of ``homes``, each of which has sent those below ``number``.

    ``acknowledged`` holds (home, number) of what the broker has taken.
    """

    def __init__(self, settings: Settings, homes: list[str], rate: float) -> None:
        super().__init__(daemon=True, name="load")
        self.homes, self.first = homes, day()
        self.number = 0
        self.acknowledged: set[tuple[str, int]] = set()
        self._pace = len(homes) / rate
        self._ending, self._going = threading.Event(), threading.Event()
        self._going.set()
        self._sending = threading.Lock()
        self._producer = Producer(
            confluent(settings)
            | {
                "enable.idempotence": True,
                "message.timeout.ms": PATIENCE_SECONDS * 1000,
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )

    def pace(self, rate: float) -> None:
        """From now on send ``rate`` readings a second."""
        self._pace = len(self.homes) / rate

    def run(self) -> None:
        while not self._ending.wait(self._pace):
            if self._going.wait(self._pace):
                with self._sending:
                    self._send()
                    self.number += 1
            self._producer.poll(0)

    def _send(self) -> None:
        at = (self.first + self.number * STEP).strftime("%Y-%m-%dT%H:%M:%SZ")
        for home in self.homes:
            reading = {
                "installation_id": home,
                "device_id": f"{home}-inverter",
                "device_kind": "inverter",
                "time": at,
                "energy_total_wh": FIRST_WH + STEP_WH * self.number,
            }
            self._produce(home, json.dumps(reading).encode(), (home, self.number))

    def _produce(self, home: str, value: bytes, which: tuple[str, int]) -> None:
        def delivered(error: Any, _message: Any) -> None:
            if error is None:
                self.acknowledged.add(which)

        while True:
            try:
                self._producer.produce("readings", value, key=home, on_delivery=delivered)
                return
            except BufferError:
                self._producer.poll(0.5)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is sent within, and what was sent is acknowledged."""
        self._going.clear()
        with self._sending:
            assert self._producer.flush(PATIENCE_SECONDS) == 0
        yield
        self._going.set()

    def stop(self) -> None:
        """Send no more; what was sent is acknowledged."""
        self._ending.set()
        self.join()
        assert self._producer.flush(PATIENCE_SECONDS) == 0


def until(what: str, holds: Any, seconds: float, every: float = 0.2) -> float:
    """Wait until ``holds()``; the seconds it took. Raises ``AssertionError`` after ``seconds``."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() < began + seconds, f"not within {seconds:.0f} s: {what}"
        time.sleep(every)
    return time.monotonic() - began
