"""All doors of a world at once: files that lead Solera to them, then what stands behind them, by the world's clock."""

from __future__ import annotations

import asyncio
import shlex
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
from ingest.gateway.device_clock import KEPT
from ingest.simulator.clock import world_clock
from ingest.simulator.doors import aemet, aemet_forms, datadis, mqtt, sunspec
from ingest.simulator.doors.web import HOST, Door, PortTaken, Server, served
from ingest.simulator.server import listen
from ingest.simulator.truth.known import read_known
from ingest.simulator.truth.weather import clouds
from ingest.simulator.truth.world import heard, read_world
from store.instants import rfc3339

CATALOGUE, RULES, SETTINGS = "catalogue.yaml", "push.yaml", "settings.env"
LOG = KEPT - timedelta(days=1)
"""So far back a device's log reaches: no gateway believes an older one."""
Say = Callable[[str], None]


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
    supplies = datadis.of_world(entries, read_known(folder), asked.seed, now)
    sky = aemet.Aemet(aemet_forms.find(aemet_forms.places(entries, asked.seed, clouds(folder)), now))
    services: dict[str, Door] = {"Datadis": supplies.answer, "AEMET": sky.answer}
    stop = Event()
    publishing = Thread(target=mqtt.publish, args=(mqtt.heard(by_device), settings.mqtt, now, stop))
    if settings.mqtt.broker:
        publishing.start()
        say(f"MQTT: {len(by_device)} topics at {settings.mqtt.broker}, named in {folder / RULES}")
    try:
        with served(list(services.values()), settings.simulator.web_port) as web:
            _lead(folder, web, supplies.login)
            say(f"{', '.join(services)}: {web.base}; {folder / SETTINGS} leads there")
            asyncio.run(_devices(by_device, address, now, say))
    finally:
        stop.set()
        if publishing.is_alive():
            publishing.join()


def _lead(folder: Path, web: Server, login: tuple[str, str]) -> None:
    """Write the settings that lead Solera to ``web``, as a shell reads them."""
    said = {
        "SOLERA_PUSH__RULES": folder.resolve() / RULES,
        "SOLERA_DATADIS__BASE": web.base,
        "DATADIS_USERNAME": login[0],
        "DATADIS_PASSWORD": login[1],
        "SOLERA_AEMET__BASE": web.base + aemet.API,
        "AEMET_API_KEY": "world",
    }
    lines = [f"{name}={shlex.quote(str(value))}\n" for name, value in said.items()]
    (folder / SETTINGS).write_text("".join(lines), encoding="utf-8")


async def _devices(
    by_device: dict[str, list[Any]], address: tuple[str, int], now: Callable[[], datetime], say: Say
) -> None:
    try:
        server = await listen(sunspec.devices(by_device, now), *address)
    except RuntimeError:
        raise PortTaken.at(address[1]) from None
    say(f"SunSpec: {len(by_device)} devices at {address[0]}:{address[1]}, units 1 to {len(by_device)}")
    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    await ended.wait()
    await server.shutdown()  # type: ignore[no-untyped-call]


def _write(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
