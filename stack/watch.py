"""Watches over the processes of one machine: starts them, starts again what dies, stops them in order.

``python -m stack.watch`` is started by ``solera up``. It keeps the services named in ``run/wanted.json``
running and tells their state in ``run/status.json``; SIGTERM makes it stop them all and end.
"""

from __future__ import annotations

import fcntl
import json
import logging
import math
import os
import shutil
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

import psutil

from conf import load_settings
from stack.process import Place, Service, kill, leader, members, spawn, stop
from stack.services import services

OWNER = "SOLERA_OWNER"
"""Process id in the environment: when that process is gone the stack stops itself."""
LONGEST_PAUSE = 30.0
LOW_BYTES = 100_000_000
"""With less room than this a server may have ended for want of it."""
STEADY = 5.0
"""Seconds a service must have served for its next start to be immediate; one that dies sooner waits ever longer."""

log = logging.getLogger("watch")


@dataclass
class State:
    """What is known of one service; ``state`` is waiting, starting, ready, failed or stopped."""

    state: str = "waiting"
    pid: int | None = None
    since: str = ""
    restarts: int = 0
    failures: int = 0
    error: str = ""


class Keeper(threading.Thread):
    """Keeps one service running until told to stop."""

    def __init__(self, place: Place, service: Service, others: dict[str, Keeper]) -> None:
        super().__init__(name=service.name)
        self.place, self.service, self.others = place, service, others
        self.state = State()
        self.stopping = threading.Event()

    def run(self) -> None:
        """Start, watch, start again; at the end wait for those who need it and stop it."""
        pause = 0.0
        while not self.stopping.wait(pause):
            if not self._needs_ready():
                pause = 0.2
                continue
            served = self._live()
            pause = 0.0 if served > STEADY else min(max(2 * pause, 1.0), LONGEST_PAUSE)
        while any(other.is_alive() for other in self._dependents()):
            time.sleep(0.1)
        stop(self.place, self.service.name, self.service.grace)
        self._tell("stopped")

    def _needs_ready(self) -> bool:
        if self.service.is_hardy and self.state.restarts:
            return True
        known = [self.others[name] for name in self.service.needs if name in self.others]
        return all(other.state.state == "ready" for other in known)

    def _dependents(self) -> list[Keeper]:
        return [other for other in self.others.values() if self.name in other.service.needs]

    def _live(self) -> float:
        """One life of the process, from its start to its end; the seconds it served, -inf if it never did."""
        ready_at = math.inf
        try:
            process = leader(self.place, self.name) or self._start()
            self._tell("starting", process.pid)
            ended = self._await_ready(process)
            if not ended:
                ready_at = time.monotonic()
                self._tell("ready", process.pid)
                ended = self._await_end(process)
        except Exception as error:  # a service's own trouble must not end the watch over it
            ended = f"{type(error).__name__}: {error}"
        if not self.stopping.is_set():
            self.state.failures += self.state.state != "ready"
            self.state.restarts += 1
            ended += _want_of_room(self.place)
            log.warning("%s: %s; starting it again", self.name, ended)
            self._tell("failed", error=ended)
        return time.monotonic() - ready_at

    def _start(self) -> psutil.Process:
        # What a killed process has left of itself must not work beside its successor, nor be waited for.
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
        return "told to stop"

    def _await_end(self, process: psutil.Process) -> str:
        while not self.stopping.is_set():
            if ended := _ended(process, 0.5):
                return ended
        return "told to stop"

    def _tell(self, state: str, pid: int | None = None, error: str = "") -> None:
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self.state.state, self.state.pid, self.state.since, self.state.error = state, pid, now, error
        log.info("%s %s%s", self.name, state, f" (process {pid})" if pid else "")


def _want_of_room(place: Place) -> str:
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


def keep(place: Place, known: dict[str, Service], stopping: threading.Event) -> None:
    """Keep the wanted services running until ``stopping``, writing their states as they change."""
    keepers: dict[str, Keeper] = {}
    owner = os.environ.get(OWNER)
    while not stopping.wait(0.3):
        if owner and not psutil.pid_exists(int(owner)):
            log.info("process %s, for which this stack runs, is gone", owner)
            break
        for name in wanted(place):
            if name in known and name not in keepers:
                keepers[name] = Keeper(place, known[name], keepers)
                keepers[name].start()
        _write_status(place, keepers)
    for keeper in keepers.values():
        keeper.stopping.set()
    while any(keeper.is_alive() for keeper in keepers.values()):
        _write_status(place, keepers)
        time.sleep(0.3)
    (place.run / "status.json").unlink(missing_ok=True)


def wanted(place: Place) -> list[str]:
    """Names of the services that are to run."""
    try:
        names: list[str] = json.loads((place.run / "wanted.json").read_text())
    except FileNotFoundError:
        return []
    return names


def _write_status(place: Place, keepers: dict[str, Keeper]) -> None:
    status = {
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "services": {name: asdict(keeper.state) for name, keeper in list(keepers.items())},
    }
    write_json(place.run / "status.json", status)


def write_json(path: Path, value: object) -> None:
    """Write a file that no reader ever sees half-written."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value, indent=1))
    part.replace(path)


def main() -> None:
    """Watch until SIGTERM; does nothing where another watch of the same home runs."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    for chatty in ("kafka", "cassandra"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    settings = load_settings()
    place = Place(settings.home)
    with (place.run / "watch.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        keep(place, services(settings), stopping)


if __name__ == "__main__":
    main()
