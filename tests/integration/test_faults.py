"""Each part killed once with -9 under load, and each part hung: the short set of tests/faults."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.support.faults.audit import audit, audit_devices
from tests.support.faults.kills import BACK_WITHIN, SERVICES, is_fresh, kill_and_await
from tests.support.faults.load import until
from tests.support.faults.night import ARCHIVE, Night, audit_master, night
from tests.support.faults.world import World, world

NAMED_WITHIN = 10.0


@pytest.fixture(scope="module")
def whole(new_ports: Callable[[], int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("faults"), new_ports()) as made:
        yield made


@pytest.fixture(scope="module")
def chance() -> random.Random:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    return random.Random(seed)


def test_each_service_is_killed_once_and_nothing_is_lost_doubled_or_wrong(whole: World, chance: random.Random) -> None:
    with whole.load("short") as load:
        until("the first readings are served", lambda: is_fresh(whole, load, 0, {}), BACK_WITHIN)
        for part in SERVICES:
            time.sleep(chance.uniform(0.5, 3))
            print(f"{part} killed: fresh again after {kill_and_await(whole, load, part, chance):.1f} s")
        with load.paused():
            found = audit(whole, load, 0)
        found.add(audit_devices(whole))
    assert found.is_whole, found


def test_the_archive_is_killed_and_holds_each_reading_once(whole: World, chance: random.Random) -> None:
    with whole.load("archived") as load:
        archive = Night(ARCHIVE)
        assert archive.hears("run "), archive.lines
        time.sleep(chance.uniform(0, 4))
        archive.kill()
    night(ARCHIVE)
    found = audit_master(whole, load)
    assert found.is_whole, found


@pytest.mark.parametrize("part", ["kafka", "cassandra", "speed", "gateway"])
def test_what_hangs_is_named_within_seconds(whole: World, part: str) -> None:
    until(f"{part} is well", lambda: part not in broken(whole), BACK_WITHIN)
    process = whole.pid(part)
    os.kill(process, signal.SIGSTOP)
    try:
        until(f"/healthz names {part}", lambda: part in broken(whole), NAMED_WITHIN)
    finally:
        os.kill(process, signal.SIGCONT)
    until(f"{part} is well again", lambda: part not in broken(whole), BACK_WITHIN)


def broken(world: World) -> list[str]:
    """What /healthz says does not work."""
    found: list[str] = (world.asked("/healthz") or {"broken": ["api"]})["broken"]
    return found
