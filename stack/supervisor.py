"""Keeps one service running: starts it when what it needs serves, and again when it ends or no longer answers."""

from __future__ import annotations

import logging
import math
import shutil
import signal
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timezone

import psutil

from stack.process import Place, Service, kill, leader, members, spawn, stop

LONGEST_PAUSE = 30.0
LOW_BYTES = 100_000_000
"""Bytes of free disk below which a server may have ended for want of them."""
STEADY = 5.0
"""Seconds a service must have served for its next start to be immediate; one that dies sooner waits ever longer."""
ANSWER_SECONDS = 60.0
"""Longest time for a service to answer again once what it needs has come back."""

log = logging.getLogger("watch")


@dataclass
class State:
    """The state of one service; ``state`` is waiting, starting, ready, failed or stopped."""

    state: str = "waiting"
    pid: int | None = None
    since: str = ""
    restarts: int = 0
    failures: int = 0
    error: str = ""


class Supervisor(threading.Thread):
    """Keeps one service running until it is to stop."""

    def __init__(self, place: Place, service: Service, others: dict[str, Supervisor]) -> None:
        super().__init__(name=service.name)
        self.place, self.service, self.others = place, service, others
        self.state = State()
        self.stopping = threading.Event()

    def run(self) -> None:
        """Start, watch, start again; at the end wait for those who need it and stop it."""
        pause = 0.0
        while not self.stopping.wait(pause):
            if not self._may_start():
                pause = 0.2
                continue
            served = self._live()
            pause = 0.0 if served > STEADY else min(max(2 * pause, 1.0), LONGEST_PAUSE)
        while any(other.is_alive() for other in self._dependents()):
            time.sleep(0.1)
        stop(self.place, self.service.name, self.service.grace)
        self._record("stopped")

    def _may_start(self) -> bool:
        return (self.service.is_hardy and self.state.restarts > 0) or self._all_ready()

    def _all_ready(self) -> bool:
        return all(other.state.state == "ready" for other in self._needed())

    def _needed(self) -> list[Supervisor]:
        return [self.others[name] for name in self.service.needs if name in self.others]

    def _dependents(self) -> list[Supervisor]:
        return [other for other in self.others.values() if self.name in other.service.needs]

    def _live(self) -> float:
        """One life of the process, from its start to its end; the seconds it served, -inf if it never did."""
        ready_at = math.inf
        try:
            process = leader(self.place, self.name) or self._start()
            self._record("starting", process.pid)
            ended = self._await_ready(process)
            if not ended:
                ready_at = time.monotonic()
                self._record("ready", process.pid)
                ended = self._await_end(process)
        except Exception as error:  # a service's own trouble must not end the watch over it
            ended = f"{type(error).__name__}: {error}"
        if not self.stopping.is_set():
            self.state.failures += self.state.state != "ready"
            self.state.restarts += 1
            ended += _disk_full(self.place)
            log.warning("%s: %s; starting it again", self.name, ended)
            self._record("failed", error=ended)
        return time.monotonic() - ready_at

    def _start(self) -> psutil.Process:
        # Children of a killed process must not work beside its successor, nor be waited for.
        kill(members(self.place, self.name))
        self.service.prepare()
        return spawn(self.place, self.service)

    def _await_ready(self, process: psutil.Process) -> str:
        """Empty when the service serves, else what happened instead."""
        end = time.monotonic() + self.service.patience
        doubt = ""
        while not self.stopping.is_set():
            if ended := _ended(process, 0.2):
                return ended
            try:
                self.service.ready()
            except Exception as error:
                doubt = f"{type(error).__name__}: {error}"
            else:
                return ""
            if time.monotonic() > end:
                stop(self.place, self.name, self.service.grace)
                return f"was not ready after {self.service.patience:.0f} s ({doubt})"
        return "was stopped"

    def _await_end(self, process: psutil.Process) -> str:
        before = self._restarts()
        while not self.stopping.is_set():
            if ended := _ended(process, 0.5):
                return ended
            if self._restarts() != before and self._all_ready():
                before = self._restarts()
                if ended := self._await_answer(process):
                    return ended
        return "was stopped"

    def _restarts(self) -> list[int]:
        """The number of restarts of each service that this one needs."""
        return [other.state.restarts for other in self._needed()]

    def _await_answer(self, process: psutil.Process) -> str:
        """Empty when the service still serves, after one it needs has come back; else what happened instead.

        Spark's connector may wait for ever for a Cassandra that went while it asked, and whoever waits behind it.
        """
        answered = threading.Event()
        threading.Thread(target=self._ask, args=(answered,), daemon=True).start()
        end = time.monotonic() + ANSWER_SECONDS
        while not self.stopping.is_set() and not answered.is_set():
            if ended := _ended(process, 0.2):
                return ended
            if time.monotonic() > end:
                stop(self.place, self.name, self.service.grace)
                return "no longer answered after what it needs was started again"
        return ""

    def _ask(self, answered: threading.Event) -> None:
        while not answered.is_set() and not self.stopping.is_set():
            try:
                self.service.ready()
                answered.set()
            except Exception:
                time.sleep(1)

    def _record(self, state: str, pid: int | None = None, error: str = "") -> None:
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self.state.state, self.state.pid, self.state.since, self.state.error = state, pid, now, error
        log.info("%s %s%s", self.name, state, f" (process {pid})" if pid else "")


def _disk_full(place: Place) -> str:
    data = place.home / "data"
    folder = data if data.is_dir() else place.home
    left = shutil.disk_usage(folder).free
    return f"; the disk of {folder} is full, {left // 1_000_000} MB are left" if left < LOW_BYTES else ""


def _ended(process: psutil.Process, patience: float) -> str:
    try:
        code = process.wait(timeout=patience)
    except psutil.TimeoutExpired:
        return ""
    if code is not None and code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}" if code is not None else "ended"
