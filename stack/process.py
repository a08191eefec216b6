"""One process of the stack: started detached, known by its mark, stopped whole.

A process is ours when its environment carries the mark of this home and service; children inherit it. So a
process id that the system has given to somebody else is never killed, and no child is left behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ANSWERED = Path(tempfile.gettempdir()) / "answered"
"""Renewed while the one service of a container answers: its health check looks at the file's age. A container's next
life has another ``/tmp``, so that no answer of the last one speaks for it."""
MARK = "SOLERA_SERVICE"
MARKED_WITHIN = 10.0
"""Seconds within which a started process shows its mark."""

KILLED_WITHIN = 10.0
"""Seconds within which a killed process is gone."""


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Service:
    """A process: how it is started, and when it serves.

    ``ready`` raises while it does not serve yet; it also makes what the service needs to be of use (topics,
    tables). ``prepare`` runs before each start. Seconds everywhere.
    """

    name: str
    command: tuple[str, ...]
    ready: Callable[[], None]
    prepare: Callable[[], None] = _nothing
    needs: tuple[str, ...] = ()
    ports: Mapping[str, int] = field(default_factory=dict)
    """Port by the setting that names it, as ``{"kafka.port": 9092}``."""
    environment: Mapping[str, str] = field(default_factory=dict)
    is_hardy: bool = False
    """Whether it is of use for a while without what it needs: started again, it does not wait for it."""
    answers: Callable[[], None] | None = None
    """Asks a service that has been ready whether it still serves, where ``ready`` is much to do; raises where not."""
    patience: float = 180.0
    grace: float = 20.0


@dataclass(frozen=True)
class Place:
    """The place in which the processes of one home live."""

    home: Path

    @property
    def logs(self) -> Path:
        """Directory of each service's output, ``<name>.log``."""
        return self.home / "logs"

    @property
    def run(self) -> Path:
        """Directory of process ids and states."""
        return self.home / "run"

    def mark(self, name: str) -> str:
        """Value of the mark that service ``name`` of this home carries."""
        return f"{self.home}#{name}"

    def log(self, name: str) -> Path:
        """Output of service ``name``."""
        return self.logs / f"{name}.log"


def spawn(place: Place, service: Service) -> psutil.Popen:
    """Start the service detached from this terminal, its output appended to its log."""
    place.logs.mkdir(parents=True, exist_ok=True)
    place.run.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, **service.environment, MARK: place.mark(service.name)}
    with place.log(service.name).open("ab") as log:
        # Whoever asks first how it fares learns its exit code; psutil keeps it for those who ask later.
        process = psutil.Popen(
            service.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=place.run,
            # A service's files are its owner's alone: readings, tokens, logs.
            umask=0o077,
            env=environment,
        )
    (place.run / f"{service.name}.pid").write_text(f"{process.pid}\n")
    # A program that has just been executed shows no environment for a moment, on a busy machine for a long one.
    _wait(lambda: leader(place, service.name) is not None or process.poll() is not None, MARKED_WITHIN)
    return process


def wait_for(process: psutil.Popen, place: Place, service: Service, stopping: threading.Event) -> int | None:
    """The exit code of a process of ``service``; None where ``stopping`` was set before it ended: it is ended then."""
    while process.poll() is None:
        if stopping.wait(0.5):
            stop(place, service.name, service.grace)
            return None
    return process.wait()


def members(place: Place, name: str) -> list[psutil.Process]:
    """Every living process of service ``name``: the one started and its children, oldest first."""
    return [process for label, process in ours(place) if label == name]


def ours(place: Place) -> list[tuple[str, psutil.Process]]:
    """Every living process of this home as (service, process), oldest first."""
    prefix = place.mark("")
    marked: list[tuple[float, str, psutil.Process]] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            mark = process.environ().get(MARK, "")
            if mark.startswith(prefix) and process.status() != psutil.STATUS_ZOMBIE:
                marked.append((process.create_time(), mark.removeprefix(prefix), process))
    return [(name, process) for _, name, process in sorted(marked, key=lambda each: each[0])]


def resident(process: psutil.Process) -> int:
    """Resident memory in bytes; 0 when the process has just ended."""
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def leader(place: Place, name: str) -> psutil.Process | None:
    """The process that was started for service ``name``, if it lives."""
    try:
        process = psutil.Process(int((place.run / f"{name}.pid").read_text()))
        mark = process.environ().get(MARK)
        return process if mark == place.mark(name) and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, psutil.Error):
        return None


def stop(place: Place, name: str, grace: float) -> None:
    """End every process of the service: asked first, killed after ``grace`` seconds."""
    head = leader(place, name)
    if head is not None:
        _signal([head], signal.SIGTERM)
        _wait(lambda: leader(place, name) is None, grace)
    rest = members(place, name)
    _signal(rest, signal.SIGTERM if head is None else signal.SIGKILL)
    if not _wait(lambda: not members(place, name), grace):
        _signal(members(place, name), signal.SIGKILL)
        _wait(lambda: not members(place, name), grace)
    (place.run / f"{name}.pid").unlink(missing_ok=True)


def kill(processes: list[psutil.Process]) -> None:
    """Kill ``processes`` at once and wait until they are gone."""
    _signal(processes, signal.SIGKILL)
    psutil.wait_procs(processes, timeout=KILLED_WITHIN)


def _signal(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.send_signal(number)


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
