"""Memory and processor time of a home's processes."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil

from stack.process import Place, ours, resident

OWN = "this process, with its Spark"


class Peaks(threading.Thread):
    """The largest resident memory of each of a home's services and of all together, looked at every second, in bytes.

    The benchmark's own process and its children, as a night is one, are a service of their own.
    """

    def __init__(self, home: Path) -> None:
        super().__init__(daemon=True)
        self.place, self.whole, self.ended = Place(home), 0, threading.Event()
        self.of: dict[str, int] = {}

    def run(self) -> None:
        """Look until told to end."""
        while not self.ended.wait(1.0):
            now: Counter[str] = Counter()
            seen = set()
            for service, process in ours(self.place):
                now[service] += resident(process)
                seen.add(process.pid)
            self.whole = max(self.whole, now.total())
            own = psutil.Process(os.getpid())
            now[OWN] = sum(resident(each) for each in (own, *own.children(recursive=True)) if each.pid not in seen)
            self.of = {name: max(self.of.get(name, 0), now[name]) for name in {*self.of, *now}}


def cores(home: Path, seconds: float, of: str = "") -> float:
    """How many cores a home's processes, or those of service ``of``, keep busy on the mean of so many ``seconds``."""
    before = _spent(home, of)
    time.sleep(seconds)
    after = _spent(home, of)
    return sum(spent - before.get(process, 0.0) for process, spent in after.items()) / seconds


def _spent(home: Path, of: str) -> dict[psutil.Process, float]:
    found = {}
    for process in (each for service, each in ours(Place(home)) if of in ("", service)):
        with suppress(psutil.Error):
            # Of children that have ended, too: the watch and the speed layer start short ones.
            found[process] = float(sum(process.cpu_times()[:4]))
    return found
