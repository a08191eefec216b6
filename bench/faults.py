"""kill -9 of each part under load: what is lost, doubled or wrong, and how soon data are fresh again, beside the bars.

Takes about an hour; ``SOLERA_KILLS=1 SOLERA_NIGHT_KILLS=3 SOLERA_AWAY_SECONDS=60`` makes it a few minutes. On a machine
that does other work the times say little: the load is printed beside them.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.support.faults.away import BAR_S, HOMES, catch_up
from tests.support.faults.kills import SERVICES, kill_service
from tests.support.faults.night_kills import kill_archive, kill_nights
from tests.support.faults.plan import Plan
from tests.support.faults.table import meets_bar, table
from tests.support.faults.world import world
from tests.support.servers.ports import free_offset


def main() -> int:
    """Print each kill, then the table; 1 if anything is lost, doubled or wrong, or a bar is missed."""
    console, plan = Console(highlight=False), Plan()
    console.print(f"seed {plan.seed}, {plan.rate:g} readings/s, {plan.kills} kills a part")
    folder = Path(tempfile.mkdtemp(prefix="solera-bench-"))
    with world(folder, free_offset(), plan.rate) as whole:
        outcomes = [kill_service(whole, part, plan, console.print) for part in SERVICES]
        outcomes.append(kill_archive(whole, plan, console.print))
        outcomes.append(kill_nights(whole, plan, console.print))
        start, took = catch_up(whole, plan.away_s, plan.away_s)
    shutil.rmtree(folder)
    console.print(table(outcomes))
    console.print(
        f"{plan.away_s * HOMES:,.0f} readings that waited for the broker caught up in {took:.0f} s "
        f"(bar {BAR_S:.0f} s), after its start of {start:.0f} s"
    )
    return int(took > BAR_S or not all(outcome.found.is_whole and meets_bar(outcome) for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
