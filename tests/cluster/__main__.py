"""``python -m tests.cluster``: a cluster on this machine, the lines of docs/cluster.md run on it, its parts killed."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.cluster.cluster import Cluster, say
from tests.cluster.kills import Outcome, kill_each, run_night, table
from tests.cluster.manager import OWN, YARN, Manager
from tests.support.faults.load import Load
from tests.support.faults.views import Views

HOMES = [f"cluster-{number:02}" for number in range(20)]
RATE = float(os.environ.get("SOLERA_RATE", "100"))
"""Readings a second."""


def main() -> int:
    """Show everything on the managers named, or on both; 0 where nothing was lost, doubled or wrong."""
    # Whoever ends it leaves no server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    asked = [manager for manager in (OWN, YARN) if manager.name in sys.argv[1:] or len(sys.argv) == 1]
    is_whole = all(list(map(_show, asked)))
    say("nothing was lost, doubled or wrong" if is_whole else "FAILED: see the table")
    return 0 if is_whole else 1


def _show(manager: Manager) -> bool:
    """Whether a cluster of its own keeps everything."""
    with tempfile.TemporaryDirectory(prefix="solera-cluster-") as folder:
        cluster = Cluster(Path(folder), manager)
        try:
            cluster.start()
            outcomes = _rehearse(cluster)
        finally:
            cluster.stop()
    Console(width=120).print(table(manager.name, outcomes))
    return all(each.found.is_whole for each in outcomes)


def _rehearse(cluster: Cluster) -> list[Outcome]:
    """Kill one of each kind under load, then run the night over all that was sent."""
    views = Views(cluster.conf)
    views.register(HOMES)
    load = Load(cluster.conf, HOMES, RATE)
    load.start()
    try:
        outcomes = kill_each(cluster, views, load)
        with load.paused():
            return [*outcomes, run_night(cluster, views, load)]
    finally:
        load.stop()
        views.close()


if __name__ == "__main__":
    sys.exit(main())
