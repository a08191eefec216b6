"""The figures of the source: circles, crowded folders, long parts, and what the unit tests cost a stranger.

solera bench house          # the figures that are read from the source: a few seconds
solera bench house units    # also the unit tests, from a cold type cache and without the shared data: a minute
"""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from batch_layer.schedule import STEPS
from tests.support import house

SECONDS_BAR = 60


def main(cases: Sequence[str]) -> int:
    """Print each figure beside its bar and what is beyond it; 1 if a bar is missed."""
    arrows = house.imports()
    (crowded, most), *_ = house.side_by_side().most_common(1)
    found: list[tuple[str, int, int, Sequence[str]]] = [
        ("circles of imports", *_counted([", ".join(sorted(each)) for each in house.circles(arrows)])),
        ("imports against the floors", *_counted(house.upward(arrows))),
        ("files side by side, at most", most, 15, [crowded]),
        ("steps that import steps", *_counted(house.steps_that_import_steps(arrows, STEPS))),
        ("siblings that publish imports, artifacts aside", *_counted(house.siblings_of_publish(arrows))),
        ("functions over 40 lines", *_counted(house.long_functions())),
        ("files over 200 lines, tables of data aside", *_counted(list(house.long_files()))),
        ("functions with six or more parameters", *_counted(house.many_parameters(), bar=15)),
        ("errors a person reads that are no Refusal", *_counted(house.errors_that_are_no_refusal())),
    ]
    if "units" in cases:
        seconds, skipped = unit_tests()
        found.append(("unit tests from a cold type cache, s", math.ceil(seconds), SECONDS_BAR, []))
        found.append(("unit tests skipped without the shared data", skipped, 0, []))
    table = Table("figure", "found", "bar")
    for what, figure, bar, _ in found:
        table.add_row(what, str(figure), str(bar))
    console = Console(highlight=False)
    console.print(table)
    missed = [each for each in found if each[1] > each[2]]
    for what, figure, bar, beyond in missed:
        console.print(f"Bar missed: {what}: {figure}, not {bar}", *(f"  {each}" for each in beyond), sep="\n")
    return int(bool(missed))


def _counted(beyond: Sequence[str], bar: int = 0) -> tuple[int, int, Sequence[str]]:
    return len(beyond), bar, beyond


def unit_tests() -> tuple[float, int]:
    """Seconds that the unit tests take on every core from an empty type cache, and how many were skipped."""
    # A machine that keeps no byte code compiles every module anew in every process.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "tests/unit", "--numprocesses", "auto", "-q"],
            cwd=house.ROOT,
            env={**environment, "MYPY_CACHE_DIR": f"{empty}/types", "SOLERA_SHARED_DATA": f"{empty}/none"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(done.stdout[-3000:])
    skipped = re.search(r"(\d+) skipped", done.stdout)
    return time.monotonic() - began, int(skipped[1]) if skipped else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
