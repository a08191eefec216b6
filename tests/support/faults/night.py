"""A night in a process of its own, a reader who never looks away, and what a night's master and answers hold."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from energy.energy_row import from_us
from store.spark import session
from tests.support.faults.audit import Found, patience
from tests.support.faults.load import STEP, STEP_WH, Load
from tests.support.faults.views import Views, inverter
from tests.support.faults.world import World

SOLERA = (str(Path(sys.executable).parent / "solera"), "nightly")
_STEPS = """
import sys
from batch_layer.nightly import nightly
from conf import load_settings
from store.spark import session
settings = load_settings()
nightly(session(settings, "night"), settings, steps=sys.argv[1:])
"""
ARCHIVE = (sys.executable, "-c", _STEPS, "archive")
SHORT = (*ARCHIVE, "clean", "energy", "publish")
"""A night without its forecasts."""
NIGHT_WITHIN = 400.0
_TOOK = re.compile(r"^(\w+): .*\(([0-9.]+) s\)$")


class Night:
    """One attempt at a night; ``lines`` are what it has said so far."""

    def __init__(self, command: Sequence[str]) -> None:
        self.lines: list[str] = []
        self._said = threading.Condition()
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "400"},
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._said:
                self.lines.append(line.rstrip())
                self._said.notify_all()
        with self._said:
            self._said.notify_all()

    def hears(self, beginning: str) -> bool:
        """Wait for a line that begins so; False where the night ends without it."""
        with self._said:
            self._said.wait_for(
                lambda: any(line.startswith(beginning) for line in self.lines) or not self._listener.is_alive(),
                NIGHT_WITHIN,
            )
            return any(line.startswith(beginning) for line in self.lines)

    def kill(self) -> None:
        """kill -9 of all its processes."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def finish(self) -> None:
        """Wait for its good end."""
        assert self.ends() == 0, "\n".join(self.lines[-20:])

    def ends(self) -> int:
        """Wait for its end, good or not; the exit code."""
        code = self._process.wait(NIGHT_WITHIN)
        self._listener.join()
        return code

    @property
    def seconds(self) -> dict[str, float]:
        """How long each step took that it did itself."""
        return {found[1]: float(found[2]) for line in self.lines if (found := _TOOK.match(line))}


def night(command: Sequence[str] = SOLERA) -> Night:
    """A whole night, to its end."""
    made = Night(command)
    made.finish()
    return made


class Reader(threading.Thread):
    """Asks the API for an installation's energy again and again and keeps each different answer, in order."""

    def __init__(self, world: World, path: str) -> None:
        super().__init__(daemon=True, name="reader")
        self.answers: list[list[Any]] = []
        self.asked = 0
        self._world, self._path, self._ending = world, path, threading.Event()

    def run(self) -> None:
        while not self._ending.wait(0.1):
            answer = self._world.asked(self._path)
            if answer is None:
                continue
            self.asked += 1
            if not self.answers or answer["values"] != self.answers[-1]:
                self.answers.append(answer["values"])

    def stop(self) -> None:
        """Look no more."""
        self._ending.set()
        self.join()


def master(world: Views) -> Counter[tuple[str, Any]]:
    """How often the master dataset holds each reading, by (device, time)."""
    folder = world.settings.hdfs_path("master", "readings")
    rows = session(world.settings, "audit").read.parquet(folder).selectExpr("device_id", "unix_micros(time) AS us")
    return Counter((row.device_id, from_us(row.us)) for row in rows.collect())


def audit_master(world: Views, load: Load) -> Found:
    """Look in the master for all that ``load`` sent, once an archive has ended."""
    kept = master(world)
    expected = {(inverter(home), load.first + number * STEP) for home, number in load.acknowledged}
    return Found(len(expected - kept.keys()), sum(count - 1 for count in kept.values()))


def audit_batch(world: Views, load: Load) -> Found:
    """Look at the master and the published energy of all that ``load`` sent, once a night has ended."""
    found = audit_master(world, load)
    truth, last = STEP_WH * (load.number - 1), load.first + load.number * STEP
    for _ in patience(5):
        error = max(abs(published_wh(world, home, load.first, last) - truth) for home in load.homes)
        found.error_kwh = error / 1000
        if round(error * 1000) == 0:
            break
    return found


def published_wh(world: Views, installation: str, first: Any, last: Any) -> float:
    """Generation as the API serves it, of which the night has published all."""
    form = "%Y-%m-%dT%H:%M:%SZ"
    path = f"/v1/installations/{installation}/energy?quantity=generation&from={first:{form}}&to={last:{form}}"
    values = (world.asked(path) or {"values": []})["values"]
    assert all(value["view"] == "batch" for value in values), f"{installation} is served by the speed view"
    return sum(value["energy_wh"] for value in values)
