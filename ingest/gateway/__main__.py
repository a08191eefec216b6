"""``python -m ingest.gateway``: polls every device of the catalogue, or of its site's file, and sends its readings.

Devices are polled concurrently; each reading is first kept on disk, then sent to Kafka or to the push server of another
machine, then forgotten. Killed at any moment it loses nothing it has kept, and sends what is left when it starts again.
Where neither what it sends to nor the disk takes more, it says so and stops polling; or it drops the oldest whole day
that it keeps, where its settings say so, and says that.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from conf import Settings, load_settings
from conf.lacking import lacking
from conf.refusal import Refusal
from ingest.gateway.deliver import delivery
from ingest.gateway.fleet import Fleet
from ingest.gateway.group_commit import GroupCommit
from ingest.gateway.outbox import Outbox
from ingest.gateway.sender import Sender
from ingest.gateway.status import write_status

log = logging.getLogger("gateway")
CATALOGUE_SECONDS = 30.0
CATALOGUE_RETRY_SECONDS = 3.0
STATUS_SECONDS = 2.0
LAST_SEND_SECONDS = 5.0


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("cassandra").setLevel(logging.CRITICAL)
    try:
        asyncio.run(run(load_settings()))
    except (Refusal, ModuleNotFoundError) as error:
        refusal = error if isinstance(error, Refusal) else lacking(error)
        if refusal is None:
            raise
        log.critical("%s", refusal)
        return refusal.exit_code
    return 0


async def run(settings: Settings) -> None:
    """Poll, keep, send and report until the process is asked to end; a part that breaks ends them all."""
    outbox = Outbox(settings.home / "gateway" / "outbox.sqlite", settings.gateway.outbox_megabytes)
    sender = Sender(outbox, delivery(settings, outbox.set_aside))
    commits = GroupCommit(outbox, sender.wake, settings.gateway.outbox_full == "drop-oldest-day")
    fleet = Fleet(settings, commits.keep)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    log.info("started; %d messages wait in the outbox", outbox.count)
    sender.start()
    sender.wake()
    work: list[Coroutine[Any, Any, Any]] = [
        stop.wait(),
        commits.run(),
        _follow_catalogue(fleet),
        _report(settings, fleet, outbox, sender, commits),
    ]
    tasks = [asyncio.create_task(part) for part in work]
    done, running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    fleet.stop()
    for unfinished in running:
        unfinished.cancel()
    await asyncio.wait(tasks)
    await asyncio.to_thread(sender.stop, LAST_SEND_SECONDS)
    log.info("stopped; %d messages wait in the outbox", outbox.count)
    for ended in done:
        ended.result()


async def _follow_catalogue(fleet: Fleet) -> None:
    while True:
        known = await fleet.refresh()
        await asyncio.sleep(CATALOGUE_SECONDS if known else CATALOGUE_RETRY_SECONDS)


async def _report(settings: Settings, fleet: Fleet, outbox: Outbox, sender: Sender, commits: GroupCommit) -> None:
    while True:
        write_status(settings, fleet, outbox, sender, commits)
        if not sender.is_alive():
            raise RuntimeError("the sender has ended; its last words stand above")
        await asyncio.sleep(STATUS_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
