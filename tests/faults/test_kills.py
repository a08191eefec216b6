"""kill -9 of each part at a random moment under load: nothing acknowledged is lost, nothing is counted twice.

``SOLERA_KILLS`` (default 10) is how often each part is killed. The watch starts again what was killed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from confluent_kafka import Producer

from conf import Settings
from conf.cassandra import connect
from stack.process import Place, leader
from stack.services import environment
from stack.up import down, status, up
from stack.watch import OWNER

KILLS = int(os.environ.get("SOLERA_KILLS", "10"))
RATE = 500
HOMES = 20
STEP_WH = 5
DAY = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
BACK_WITHIN = 180.0
CAUGHT_UP_WITHIN = 300.0


@pytest.fixture(scope="module")
def world(settings: Settings) -> Iterator[Settings]:
    """Servers and speed job under a watch, with the homes registered."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (environment(settings) | {OWNER: str(os.getpid())}).items():
            patch.setenv(name, value)
        try:
            up(settings, ["servers"])
            register(settings)
            up(settings, ["speed"])
            yield settings
        finally:
            down(settings)


def register(settings: Settings) -> None:
    session = connect(settings)
    for home in homes():
        session.execute(
            "INSERT INTO installation (installation_id, name, kind, time_zone) VALUES (%s, %s, 'home', 'UTC')",
            (home, home),
        )
    session.cluster.shutdown()


def homes() -> list[str]:
    return [f"home-{number:02}" for number in range(HOMES)]


class Load(threading.Thread):
    """Sends readings without a pause; ``acknowledged`` and ``sent`` hold (home, step)."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(daemon=True)
        self.sent: set[tuple[str, int]] = set()
        self.acknowledged: set[tuple[str, int]] = set()
        self.ending = threading.Event()
        self._producer = Producer(
            {
                "bootstrap.servers": settings.kafka_servers,
                "enable.idempotence": True,
                "message.timeout.ms": 300_000,
                "log_level": 2,
            }
        )

    def run(self) -> None:
        step = 0
        while not self.ending.wait(HOMES / RATE):
            for home in homes():
                self._send(home, step)
            self._producer.poll(0)
            step += 1
        assert self._producer.flush(300) == 0

    def _send(self, home: str, step: int) -> None:
        time_of = (DAY + timedelta(seconds=step * 10)).strftime("%Y-%m-%dT%H:%M:%SZ")
        reading = {
            "installation_id": home,
            "device_id": f"{home}-inverter",
            "device_kind": "inverter",
            "time": time_of,
            "energy_total_wh": 1000 + STEP_WH * step,
        }

        def told(error: Any, _message: Any) -> None:
            if error is None:
                self.acknowledged.add((home, step))

        self.sent.add((home, step))
        self._producer.produce("readings", json.dumps(reading).encode(), key=home, on_delivery=told)


def kill_and_await(settings: Settings, name: str) -> float:
    """Seconds from the kill until the part serves again."""
    place = Place(settings.home)
    head = leader(place, name)
    assert head is not None
    began = time.monotonic()
    os.kill(head.pid, signal.SIGKILL)
    until(
        f"{name} serves again",
        lambda: (state := status(place)["services"][name])["state"] == "ready" and state["pid"] != head.pid,
        BACK_WITHIN,
    )
    return time.monotonic() - began


def until(what: str, holds: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.5)


def kept(session: Any) -> set[tuple[str, int]]:
    """(home, step) of every reading in the view."""
    found = set()
    for home in homes():
        for day in range(2):
            rows = session.execute(
                "SELECT time FROM reading_by_day WHERE device_id = %s AND day = %s",
                (f"{home}-inverter", (DAY + timedelta(days=day)).date()),
            )
            found |= {(home, round((row.time.replace(tzinfo=timezone.utc) - DAY).total_seconds() / 10)) for row in rows}
    return found


def energy_wh(session: Any, home: str) -> float:
    months = {(DAY + timedelta(days=day)).date().replace(day=1) for day in range(2)}
    return sum(
        row.energy_wh
        for month in months
        for row in session.execute(
            "SELECT energy_wh FROM energy_speed WHERE installation_id = %s AND month = %s AND quantity = 'generation'",
            (home, month),
        )
    )


@pytest.mark.parametrize("part", ["kafka", "cassandra", "speed"])
def test_kill_loses_nothing_and_doubles_nothing(world: Settings, part: str) -> None:
    chance = random.Random(part)
    session = connect(world)
    for table in ("reading_by_day", "energy_speed", "inverter_state"):
        session.execute(f"TRUNCATE {table}")
    load = Load(world)
    load.start()
    back = []
    for _ in range(KILLS):
        time.sleep(chance.uniform(2, 8))
        back.append(kill_and_await(world, part))
    load.ending.set()
    load.join()
    session.cluster.shutdown()
    session = connect(world)
    until("every acknowledged reading is kept", lambda: load.acknowledged <= kept(session), CAUGHT_UP_WITHIN)
    rows = kept(session)
    assert rows <= load.sent
    for home in homes():
        steps = [step for each, step in rows if each == home]
        truth = STEP_WH * (max(steps) - min(steps))
        until(
            f"{home} has {truth} Wh, not {energy_wh(session, home)}",
            lambda home=home, truth=truth: round(energy_wh(session, home) * 1000) == truth * 1000,  # type: ignore[misc]
            CAUGHT_UP_WITHIN,
        )
    session.cluster.shutdown()
    back.sort()
    print(
        f"\n{part}: {KILLS} kills, {len(load.acknowledged):,} readings acknowledged, 0 lost, 0 Wh off; "
        f"back after {back[len(back) // 2]:.1f} s (median), {back[-1]:.1f} s (longest)"
    )
