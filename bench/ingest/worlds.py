"""Twenty simulated installations of each kind with every fault: totals outside their bounds, holes found and refilled.

``solera bench worlds [STEP [SEED ...]]``: readings every STEP (minutes, or seconds as 10s; 5 unless said otherwise) of
two days, once for each seed.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from energy.score import day_totals, holes
from ingest.simulator.truth.known import computed, read_known
from ingest.simulator.truth.sites.described import parse_sites
from ingest.simulator.truth.world import Asked, seconds, write_world

OF_EACH = 20
DAYS = 2
FIRST = date(2026, 6, 10)
KINDS: Mapping[str, Mapping[str, Any]] = {
    "home, little": {"kind": "home", "capacity_kw": 3.0, "simulated": {"use": "low"}},
    "home": {"kind": "home", "capacity_kw": 4.0},
    "home, much": {
        "kind": "home", "capacity_kw": 8.0, "simulated": {"use": "high", "with": ["heat pump", "EV", "pool"]},
    },
    "home, battery": {"kind": "home", "capacity_kw": 5.0, "simulated": {"battery_kwh": 8.0}},
    "off the grid": {"kind": "home", "capacity_kw": 6.0, "simulated": {"off_grid": True}},
    "farm, pumping": {"kind": "farm", "capacity_kw": 60.0},
    "park, strings": {"kind": "park", "capacity_kw": 1_000.0, "simulated": {"strings": 40}},
}  # fmt: skip


def sites() -> list[dict[str, Any]]:
    """The content of a simulation's file; ids begin with the number of the kind."""
    return [
        {"installation_id": f"{number}-{of:02}", **said}
        for number, said in enumerate(KINDS.values())
        for of in range(OF_EACH)
    ]


def counts(folder: Path, say: Console) -> Iterator[tuple[str, Counter[str]]]:
    """By kind what is counted in the world in ``folder``; what is not as it truly was is said."""
    known, names = read_known(folder), list(KINDS)
    for installation, rows in computed(folder, known):
        of = known[installation]
        totals = day_totals(installation, rows, of.truth, of.misdated)
        found = list(holes(of.losses, rows, of.truth))
        for wrong in [total for total in totals if total.is_outside]:
            say.print(f"  {wrong}")
        for missed in [hole for hole in found if not (hole.is_found and hole.is_refilled)]:
            say.print(f"  {missed}")
        yield (
            names[int(installation.partition("-")[0])],
            Counter(
                {
                    "totals": len(totals),
                    "outside": sum(total.is_outside for total in totals),
                    "holes": len(found),
                    "found": sum(hole.is_found for hole in found),
                    "refilled": sum(hole.is_refilled for hole in found),
                }
            ),
        )


def main() -> int:
    """Print the counts by kind; 1 if a total lies outside its bounds, or a hole was not found or not refilled."""
    step, seeds = (sys.argv[1:2] or ["5"])[0], [int(seed) for seed in sys.argv[2:] or ["1"]]
    console, whole = Console(highlight=False), {name: Counter[str]() for name in KINDS}
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="solera-world-") as name:
            write_world(parse_sites(sites()), Asked(FIRST, DAYS, seconds(step), seed), Path(name))
            for kind, found in counts(Path(name), console):
                whole[kind].update(found)
    whole["all"] = sum(whole.values(), Counter[str]())
    columns = ("totals", "outside", "holes", "found", "refilled")
    table = Table("installations", *columns, title=f"Every {step}, seeds {', '.join(map(str, seeds))}; bar: 0 outside")
    for kind, of in whole.items():
        table.add_row(kind, *(f"{of[column]:,}" for column in columns))
    console.print(table)
    of = whole["all"]
    return int(of["outside"] > 0 or not of["holes"] == of["found"] == of["refilled"])


if __name__ == "__main__":
    sys.exit(main())
