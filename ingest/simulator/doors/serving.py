"""All doors of a world at once: files that lead Solera to them, then what stands behind them, by the world's clock."""

from __future__ import annotations

import asyncio
import shlex
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from threading import Event, Thread
from typing import Any

import yaml

from conf import Settings
from conf.sections import MqttSettings
from ingest.gateway.polling.device_clock import KEPT
from ingest.simulator.clock import world_clock
from ingest.simulator.doors import aemet, aemet_forms, aemet_stations, datadis, esios, mqtt, omie, sunspec
from ingest.simulator.doors.web import HOST, Door, PortTaken, Server, served
from ingest.simulator.server import listen
from ingest.simulator.truth.known import clouds, read_known
from ingest.simulator.truth.market import Market
from ingest.simulator.truth.true_time import heard_at
from ingest.simulator.truth.world import read_world, received

CATALOGUE, RULES, SETTINGS = "catalogue.yaml", "push.yaml", "settings.env"
LOG = KEPT - timedelta(days=1)
"""The length of a device's log: no gateway believes an older reading."""
NIF, SECRET = "12345678Z", "world"
"""The login of Datadis; AEMET's key and ESIOS' token are the like."""
Clock = Callable[[], datetime]
Readings = Mapping[str, Sequence[Any]]
Say = Callable[[str], None]


def serve(folder: Path, settings: Settings, speed: float, say: Say) -> None:
    """Serve the world in ``folder`` until SIGINT or SIGTERM; ``say`` takes a sentence on each door.

    Raises :class:`PortTaken`, ``NoWorld``, ``TooManyDevices``.
    """
    asked, entries = read_world(folder)
    oldest = datetime.now(timezone.utc) - LOG
    kept = (reading for reading in received(folder) if heard_at(reading) > oldest)
    by_device = {name: list(own) for name, own in groupby(kept, itemgetter("device_id"))}
    now, address = world_clock(asked.start, asked.end, speed), (HOST, settings.simulator.port)
    _write(folder / CATALOGUE, sunspec.catalogue(entries, by_device, address))
    _write(folder / RULES, mqtt.rules(by_device))
    doors = services(folder, now)
    with served(list(doors.values()), settings.simulator.web_port) as web:
        _lead(folder, web)
        say(f"{', '.join(doors)}: {web.base}; {folder / SETTINGS} leads there")
        with _publishing(by_device, settings.mqtt, now):
            if settings.mqtt.broker:
                say(f"MQTT: {len(by_device)} topics at {settings.mqtt.broker}; {folder / RULES} names them")
            asyncio.run(_devices(by_device, address, now, say))


def services(folder: Path, now: Clock) -> dict[str, Door]:
    """The doors over HTTP of the world in ``folder``, by name. Raises ``NoWorld``."""
    asked, entries = read_world(folder)
    market = Market(asked.seed)
    supplies = datadis.of_world(entries, read_known(folder), asked.seed, now)
    supplies.login = (NIF, SECRET)
    places = aemet_forms.places(entries, asked.seed, clouds(folder))
    return {
        "Datadis": supplies.answer,
        "AEMET": aemet.Aemet(aemet.either(aemet_forms.find(places, now), aemet_stations.find(places, now))).answer,
        "OMIE": omie.door(market, now),
        "ESIOS": esios.Esios(market, now, SECRET).answer,
    }


def _lead(folder: Path, web: Server) -> None:
    """Write the settings that lead Solera to ``web``, as a shell reads them."""
    said = {
        "SOLERA_PUSH__RULES": folder.resolve() / RULES,
        "SOLERA_DATADIS__BASE": web.base,
        "DATADIS_USERNAME": NIF,
        "DATADIS_PASSWORD": SECRET,
        "SOLERA_AEMET__BASE": web.base + aemet.API,
        "AEMET_API_KEY": SECRET,
        "SOLERA_OMIE__BASE": web.base,
        "SOLERA_ESIOS__BASE": web.base,
        "SOLERA_ESIOS__APIDATOS": web.base,
        "ESIOS_TOKEN": SECRET,
    }
    lines = [f"{name}={shlex.quote(str(value))}\n" for name, value in said.items()]
    (folder / SETTINGS).write_text("".join(lines), encoding="utf-8")


@contextmanager
def _publishing(by_device: Readings, broker: MqttSettings, now: Clock) -> Iterator[None]:
    """Publish to the broker, if there is one, in a thread of its own."""
    stop = Event()
    thread = Thread(target=mqtt.publish, args=(mqtt.arrivals(by_device), broker, now, stop))
    if broker.broker:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if thread.ident is not None:
            thread.join()


async def _devices(by_device: Readings, address: tuple[str, int], now: Clock, say: Say) -> None:
    try:
        shown = sunspec.devices(by_device, now)
        server = await listen(shown, *address)
    except RuntimeError:
        raise PortTaken.at(address[1]) from None
    say(f"SunSpec: {len(shown)} devices at {address[0]}:{address[1]}, units 1 to {len(shown)}")
    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    await ended.wait()
    await server.shutdown()  # type: ignore[no-untyped-call]


def _write(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
