"""``python -m ingest.simulator``: serves the demo homes' devices until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from conf import Settings, load_settings
from ingest.simulator.citylearn import HomesUnavailableError, load_homes
from ingest.simulator.clock import first_instant
from ingest.simulator.jerez import load_jerez
from ingest.simulator.server import ShownDevice, devices, listen
from store.instants import instant_of, rfc3339
from store.reports import replace_text, set_aside

log = logging.getLogger("simulator")


def main() -> int:
    """Serve until SIGTERM or SIGINT; 1 with one sentence on what is in the way."""
    parser = argparse.ArgumentParser(prog="python -m ingest.simulator", description=__doc__)
    parser.add_argument("--from-midnight", action="store_true", help="show today again from 00:00 UTC on")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    try:
        asyncio.run(_serve(load_settings(), arguments.from_midnight))
    except (HomesUnavailableError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


async def _serve(settings: Settings, from_midnight: bool) -> None:
    memory = settings.home / "run" / "simulator.json"
    now = datetime.now(timezone.utc)
    begin = first_instant(now, None if from_midnight else _remembered(memory))
    shown = devices([*load_homes(settings.cache), load_jerez(settings.cache).home], begin)
    host, port = settings.simulator.host, settings.simulator.port
    try:
        server = await listen(shown, host, port)
    except RuntimeError:
        raise RuntimeError(f"port {port} on {host} is taken; free it or set SOLERA_PORT_OFFSET") from None
    log.info("%d devices on %s:%d, their clocks at %s", len(shown), host, port, rfc3339(begin))
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    while not stop.is_set():
        _remember(memory, shown)
        try:
            await asyncio.wait_for(stop.wait(), timeout=1.0)
        except asyncio.TimeoutError:
            continue
    await server.shutdown()  # type: ignore[no-untyped-call]
    _remember(memory, shown)


def _remembered(memory: Path) -> datetime | None:
    """The instant that was shown last; None where there is none, or the file that holds it is damaged."""
    try:
        return instant_of(json.loads(memory.read_bytes())["shown"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        log.warning("%s is damaged and set aside as %s", memory, set_aside(memory).name)
        return None


def _remember(memory: Path, shown: Sequence[ShownDevice]) -> None:
    replace_text(memory, json.dumps({"shown": rfc3339(min(device.shown for device in shown))}))


if __name__ == "__main__":
    sys.exit(main())
