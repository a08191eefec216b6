"""Processes are started detached, known by their mark and stopped whole."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stack.process import Place, Service, leader, members, ours, spawn, stop


def service(code: str, name: str = "sleeper") -> Service:
    return Service(name=name, command=(sys.executable, "-c", code), ready=lambda: None)


SLEEP = "import time; time.sleep(60)"
FAMILY = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    for name, _ in ours(place):
        stop(place, name, grace=2)


def wait_for(count: int, place: Place) -> list[psutil.Process]:
    for _ in range(100):
        found = members(place, "sleeper")
        if len(found) == count:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{len(members(place, 'sleeper'))} processes, not {count}")


def test_output_goes_to_the_log(place: Place) -> None:
    spawn(place, service("print('hello')")).wait(10)
    assert place.log("sleeper").read_text() == "hello\n"


def test_a_service_that_ends_at_once_is_known_by_its_handle(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has been seen to end, and so is gone, before anybody finds it."""
    monkeypatch.setattr("stack.process.leader", lambda *_: None)
    assert not spawn(place, service("pass")).is_running()


def test_the_exit_code_is_kept_for_whoever_asks_later(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A night that failed must not be taken for one that ended well because somebody else saw it end first."""
    monkeypatch.setattr("stack.process.leader", lambda *_: None)
    process = spawn(place, service("raise SystemExit(3)"))
    assert [process.wait(10), process.wait(10)] == [3, 3]


def test_stop_ends_children_too(place: Place) -> None:
    spawn(place, service(FAMILY))
    family = wait_for(2, place)
    stop(place, "sleeper", grace=5)
    assert not any(process.is_running() and process.status() != "zombie" for process in family)
    assert leader(place, "sleeper") is None


def test_orphan_of_a_killed_leader_is_found_and_stopped(place: Place) -> None:
    head = spawn(place, service(FAMILY))
    wait_for(2, place)
    head.kill()
    head.wait(5)
    wait_for(1, place)
    stop(place, "sleeper", grace=5)
    assert not members(place, "sleeper")


def test_one_that_ignores_sigterm_is_killed(place: Place) -> None:
    spawn(place, service(DEAF))
    while not place.log("sleeper").read_text():
        pass
    stop(place, "sleeper", grace=0.5)
    assert not members(place, "sleeper")


def test_reused_process_id_is_left_alone(place: Place) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", SLEEP])
    try:
        place.run.mkdir()
        (place.run / "sleeper.pid").write_text(str(stranger.pid))
        assert leader(place, "sleeper") is None
        stop(place, "sleeper", grace=1)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_another_home_is_not_ours(place: Place, tmp_path: Path) -> None:
    spawn(place, service(SLEEP))
    wait_for(1, place)
    assert not ours(Place(tmp_path / "other"))
