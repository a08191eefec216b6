"""All doors of a world at once: files that lead Solera to them, then what stands behind them, by the world's clock."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from threading import Event, Thread
from typing import Any

import yaml

from conf import Settings
from conf.refusal import Refusal
from ingest.gateway.device_clock import KEPT
from ingest.simulator.clock import world_clock
from ingest.simulator.doors import mqtt, sunspec
from ingest.simulator.server import listen
from ingest.simulator.truth.world import heard, read_world
from store.instants import rfc3339

HOST = "127.0.0.1"
CATALOGUE, RULES = "catalogue.yaml", "push.yaml"
LOG = KEPT - timedelta(days=1)
"""So far back a device's log reaches: no gateway believes an older one."""
Say = Callable[[str], None]


class PortTaken(Refusal):
    """Somebody listens at a port that a door needs."""


def serve(folder: Path, settings: Settings, speed: float, say: Say) -> None:
    """Serve the world in ``folder`` until SIGINT or SIGTERM; ``say`` takes a sentence on each door.

    Raises :class:`PortTaken`, ``NoWorld``, ``TooManyDevices``.
    """
    asked, entries = read_world(folder)
    oldest = rfc3339(datetime.now(timezone.utc) - LOG)
    kept = (reading for reading in heard(folder) if reading["time"] > oldest)
    by_device = {name: list(own) for name, own in groupby(kept, itemgetter("device_id"))}
    now = world_clock(asked.start, asked.end, speed)
    address = (HOST, settings.simulator.port)
    _write(folder / CATALOGUE, sunspec.catalogue(entries, by_device, address))
    _write(folder / RULES, mqtt.rules(by_device))
    stop = Event()
    publishing = Thread(target=mqtt.publish, args=(mqtt.heard(by_device), settings.mqtt, now, stop))
    if settings.mqtt.broker:
        publishing.start()
        say(f"MQTT: {len(by_device)} topics at {settings.mqtt.broker}, named in {folder / RULES}")
    try:
        asyncio.run(_devices(by_device, address, now, say))
    finally:
        stop.set()
        if publishing.is_alive():
            publishing.join()


async def _devices(
    by_device: dict[str, list[Any]], address: tuple[str, int], now: Callable[[], datetime], say: Say
) -> None:
    try:
        server = await listen(sunspec.devices(by_device, now), *address)
    except RuntimeError:
        raise PortTaken(f"port {address[1]} on {address[0]} is taken; free it or set SOLERA_PORT_OFFSET") from None
    say(f"SunSpec: {len(by_device)} devices at {address[0]}:{address[1]}, units 1 to {len(by_device)}")
    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    await ended.wait()
    await server.shutdown()  # type: ignore[no-untyped-call]


def _write(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
