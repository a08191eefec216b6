"""The demo on a stack of its own: time to serve, time to the end, memory of all its processes.

The downloads are taken from the cache; the home is a temporary one and is removed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from conf import load_settings
from stack.process import Place, ours, resident

OFFSET = 23_000
BARS = {"three servers ready to serve, s": 45.0, "make demo, downloads cached, s": 360.0, "memory, GB resident": 6.0}


def run(*command: str, environment: dict[str, str]) -> float:
    """Seconds the command took; its output is shown."""
    begun = time.monotonic()
    subprocess.run([sys.executable, "-m", "stack.cli", *command], env=os.environ | environment, check=True)
    return time.monotonic() - begun


class Peak(threading.Thread):
    """The largest resident memory of a home's processes, looked at every second, in bytes."""

    def __init__(self, home: Path) -> None:
        super().__init__(daemon=True)
        self.place, self.bytes, self.ended = Place(home), 0, threading.Event()

    def run(self) -> None:
        """Look until told to end."""
        while not self.ended.wait(1.0):
            self.bytes = max(self.bytes, sum(resident(process) for _, process in ours(self.place)))


def main() -> None:
    """Measure, and print each figure beside its bar."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "SOLERA_HOME": folder,
            "SOLERA_PORT_OFFSET": str(OFFSET),
            "SOLERA_CACHE": str(load_settings().cache),
        }
        peak = Peak(Path(folder).resolve())
        peak.start()
        try:
            up = run("up", "--only", "servers", environment=environment)
            whole = up + run("demo", environment=environment)
        finally:
            run("down", environment=environment)
            peak.ended.set()
    table = Table("what", "measured", "bar")
    for (what, bar), value in zip(BARS.items(), (up, whole, peak.bytes / 1e9), strict=True):
        table.add_row(what, f"{value:.1f}", f"{bar:g}")
    Console().print(table)


if __name__ == "__main__":
    main()
