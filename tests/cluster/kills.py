"""kill -9 of one server of each kind under load, what became of the readings, and how soon they were served again."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from datetime import datetime, timezone

from rich.table import Table

from tests.cluster.cluster import Cluster, say
from tests.cluster.manager import OWN
from tests.support.faults.audit import Found, audit
from tests.support.faults.kills import served_wh
from tests.support.faults.load import FIRST_WH, STEP_WH, Load, until
from tests.support.faults.night import audit_batch
from tests.support.faults.views import Views

BACK_WITHIN = 420.0
AWAY_SECONDS = 20.0
"""For which a killed server stays away after fresh data are served."""
BAR_S = 30.0
STEADY = 150
"""Readings of a home that may be on their way; a first batch takes minutes on a busy machine."""
DRIVER = "driver"
NIGHT = "none: the night, published"
_STEP = re.compile(r"\w+: .* \([0-9.]+ s\)$")


@dataclass(frozen=True)
class Outcome:
    """What a kill, or the night, did."""

    what: str
    found: Found
    back_s: float
    """Seconds until readings sent after the kill were served; of the night, until it was published."""
    load: float
    """The machine's load average then."""


def kill_each(cluster: Cluster, views: Views, load: Load) -> list[Outcome]:
    """Kill one of each kind in turn, and each time bring it back before the next; servers that Spark's manager has
    nothing to do with beside Spark's own alone."""
    took = until("readings are served at once", lambda: _is_fresh(views, load, load.number - STEADY), BACK_WITHIN)
    say(f"readings are served as they come: {took:.0f} s after the first")
    worker = cluster.manager.worker
    # A NodeManager that comes back has unpacked nothing, which a driver would wait for.
    kinds = {"the driver": DRIVER, f"a {worker} with an executor": cluster.named(worker)[0]}
    if cluster.manager is OWN:
        stores = {"a broker": "broker-2", "a Cassandra node": "node-2", "a DataNode": "datanode-1"}
        kinds = stores | kinds
    return [_kill(cluster, views, load, kind, name) for kind, name in kinds.items()]


def _kill(cluster: Cluster, views: Views, load: Load, kind: str, name: str) -> Outcome:
    since = load.number
    time.sleep(5)
    began, number = time.monotonic(), load.number
    cluster.kill(name)
    until(f"fresh data after {kind} was killed", lambda: _is_fresh(views, load, number), BACK_WITHIN, 0.1)
    back_s, busy = time.monotonic() - began, os.getloadavg()[0]
    time.sleep(AWAY_SECONDS)
    with load.paused():
        found = audit(views, load, since)
    if name != DRIVER:
        cluster.begin([name])
        cluster.await_ready([name])
    say(
        f"{kind} killed: fresh again after {back_s:.1f} s; {found.lost} lost, {found.doubled} doubled, "
        f"{found.error_kwh:.3f} kWh off; load {busy:.1f}"
    )
    return Outcome(kind, found, back_s, busy)


def _is_fresh(views: Views, load: Load, number: int) -> bool:
    return served_wh(views, load.homes[0]) > FIRST_WH + STEP_WH * number


def run_night(cluster: Cluster, views: Views, load: Load) -> Outcome:
    """Run the night of today by the document's line; what it published and archived beside all that was sent."""
    began = time.monotonic()
    said = cluster.jobs.night(datetime.now(timezone.utc).date())
    took, busy = time.monotonic() - began, os.getloadavg()[0]
    for line in said.splitlines():
        if _STEP.match(line):
            say(f"  {line}")
    return Outcome(NIGHT, audit_batch(views, load), took, busy)


def table(name: str, outcomes: list[Outcome]) -> Table:
    """One row a kill."""
    made = Table("killed", "lost", "doubled", "kWh off", "fresh again, s", "bar, s", "load", title=f"kill -9 on {name}")
    for each in outcomes:
        counts = (str(each.found.lost), str(each.found.doubled), f"{each.found.error_kwh:.3f}")
        made.add_row(
            each.what, *counts, f"{each.back_s:.1f}", "" if each.what == NIGHT else f"{BAR_S:.0f}", f"{each.load:.1f}"
        )
    return made
