"""The watch starts again what dies, waits for what is needed, and stops in order."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stack.process import Place, Service, members, ours, stop
from stack.up import status
from stack.watch import OWNER, keep
from store.reports import replace_text

SLEEP = "import time; time.sleep(60)"


def python(name: str, code: str = SLEEP, ready: Callable[[], object] = lambda: None, **more: Any) -> Service:
    def answers() -> None:
        ready()

    return Service(name=name, command=(sys.executable, "-c", code), ready=answers, grace=1, **more)


def never() -> None:
    time.sleep(1)
    raise RuntimeError("does not answer yet")


class Watched:
    """A watch in a thread."""

    def __init__(self, place: Place, *services: Service) -> None:
        self.place, self.stopping = place, threading.Event()
        place.run.mkdir(parents=True, exist_ok=True)
        replace_text(place.run / "wanted.json", json.dumps([service.name for service in services]))
        known = {service.name: service for service in services}
        self.thread = threading.Thread(target=keep, args=(place, known, self.stopping))
        self.thread.start()

    def state(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = status(self.place).get("services", {}).get(name, {})
        return found

    def until(self, name: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            state = self.state(name)
            if state and holds(state):
                return state
            time.sleep(0.05)
        raise AssertionError(f"{name} is {self.state(name)}")

    def end(self) -> None:
        self.stopping.set()
        self.thread.join(30)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    place = Place(tmp_path)
    made: list[Watched] = []

    def start(*services: Service) -> Watched:
        made.append(Watched(place, *services))
        return made[-1]

    yield start
    for each in made:
        each.end()
    left = ours(place)
    for name, _ in left:
        stop(place, name, grace=1)
    assert not left


def is_ready(state: dict[str, Any]) -> bool:
    return bool(state["state"] == "ready")


def test_killed_service_is_started_again(watch: Callable[..., Watched]) -> None:
    watched = watch(python("one"))
    first = watched.until("one", is_ready)
    os.kill(first["pid"], signal.SIGKILL)
    second = watched.until("one", lambda state: is_ready(state) and state["pid"] != first["pid"])
    assert second["restarts"] == 1


FAMILY = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    f"subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); time.sleep(60)"
)


def test_what_a_killed_service_has_left_is_removed_before_its_successor_works(
    watch: Callable[..., Watched], tmp_path: Path
) -> None:
    def family() -> set[int]:
        return {process.pid for process in members(Place(tmp_path), "one")}

    watched = watch(python("one", FAMILY, ready=lambda: len(family()) == 2 or 1 / 0))
    first = watched.until("one", is_ready)
    before = family()
    os.kill(first["pid"], signal.SIGKILL)
    watched.until("one", lambda state: is_ready(state) and state["pid"] != first["pid"])
    assert not family() & before


def test_a_full_disk_is_named(watch: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("stack.supervisor.LOW_BYTES", 10**18)
    watched = watch(python("broken", "raise SystemExit(3)", ready=never))
    error = watched.until("broken", lambda state: bool(state["error"]))["error"]
    assert error.startswith(f"ended with exit code 3; the disk of {tmp_path} is full")


def test_service_waits_for_what_it_needs(watch: Callable[..., Watched], tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    watched = watch(python("server", ready=lambda: gate.touch(exist_ok=False)), python("job", needs=("server",)))
    gate.touch()
    watched.until("server", lambda state: state["state"] == "starting")
    assert watched.state("job")["state"] == "waiting"
    gate.unlink()
    watched.until("job", is_ready)


@pytest.mark.parametrize("is_hardy", [True, False])
def test_a_hardy_service_is_started_again_without_what_it_needs(
    watch: Callable[..., Watched], tmp_path: Path, is_hardy: bool
) -> None:
    gate = tmp_path / "gate"
    job = python("job", needs=("server",), is_hardy=is_hardy)
    watched = watch(python("server", ready=lambda: gate.touch(exist_ok=False)), job)
    first = watched.until("job", is_ready)
    gate.touch(exist_ok=True)
    os.kill(watched.state("server")["pid"], signal.SIGKILL)
    watched.until("server", lambda state: state["state"] != "ready")
    os.kill(first["pid"], signal.SIGKILL)
    if not is_hardy:
        watched.until("job", lambda state: state["state"] == "failed")
        time.sleep(2)
        assert watched.state("job")["state"] == "failed"
        gate.unlink()
    watched.until("job", lambda state: is_ready(state) and state["pid"] != first["pid"])


def test_what_no_longer_answers_when_its_need_is_back_is_started_again(
    watch: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("stack.supervisor.ANSWER_SECONDS", 1.0)
    hung = tmp_path / "hung"
    job = python("job", needs=("server",), ready=lambda: time.sleep(3) if hung.exists() else None)
    watched = watch(python("server"), job)
    first = watched.until("job", is_ready)
    hung.touch()
    os.kill(watched.state("server")["pid"], signal.SIGKILL)
    error = watched.until("job", lambda state: bool(state["error"]))["error"]
    assert error == "no longer answered after what it needs was started again"
    hung.unlink()
    watched.until("job", lambda state: is_ready(state) and state["pid"] != first["pid"])


def test_service_that_dies_at_once_says_how(watch: Callable[..., Watched]) -> None:
    watched = watch(python("broken", "raise SystemExit(3)", ready=never))
    state = watched.until("broken", lambda state: state["failures"] >= 1 and state["error"])
    assert state["error"] == "ended with exit code 3"


def test_running_service_is_taken_over_by_the_next_watch(watch: Callable[..., Watched], tmp_path: Path) -> None:
    from stack.process import spawn

    service = python("one")
    process = spawn(Place(tmp_path), service)
    watched = watch(service)
    assert watched.until("one", is_ready)["pid"] == process.pid


def test_stack_ends_with_the_process_it_runs_for(
    watch: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OWNER, "999999999")
    watched = watch(python("one"))
    watched.thread.join(30)
    assert not watched.thread.is_alive()
