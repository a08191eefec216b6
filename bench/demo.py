"""The demo on a stack of its own: time to serve, time to the end, memory of all its processes, cores they need at rest.

The downloads are taken from the cache; the home is a temporary one and is removed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.watched.processes import Peaks, cores
from conf import load_settings
from tests.support.servers.ports import free_offset

BARS = {
    "three servers ready to serve, s": 45.0,
    "make demo, downloads cached, s": 240.0,
    "memory, GB resident": 4.5,
    "cores at rest, 17 homes every 5 s": 0.25,
}
SETTLING_SECONDS, RESTING_SECONDS = 60.0, 120.0


def run(*command: str, environment: dict[str, str]) -> float:
    """Seconds the command took; its output is shown."""
    begun = time.monotonic()
    subprocess.run([sys.executable, "-m", "stack.cli", *command], env=os.environ | environment, check=True)
    return time.monotonic() - begun


def main() -> None:
    """Measure, and print each figure beside its bar."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "SOLERA_HOME": folder,
            "SOLERA_PORT_OFFSET": str(free_offset()),
            "SOLERA_CACHE": str(load_settings().cache),
        }
        home = Path(folder).resolve()
        peaks = Peaks(home)
        peaks.start()
        try:
            up = run("up", "--only", "servers", environment=environment)
            whole = up + run("demo", environment=environment)
            time.sleep(SETTLING_SECONDS)
            rest = cores(home, RESTING_SECONDS)
        finally:
            run("down", environment=environment)
            peaks.ended.set()
    table = Table("what", "measured", "bar")
    for (what, bar), value in zip(BARS.items(), (up, whole, peaks.whole / 1e9, rest), strict=True):
        table.add_row(what, f"{value:.3g}", f"{bar:g}")
    Console().print(table)


if __name__ == "__main__":
    main()
