"""What the demo's Spanish home brings to its first night: yesterday out of its registers, its weather, its prices."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

from conf import Settings
from ingest.catalogue.entries import parse_catalogue
from ingest.devices.registry import Device, Links, measurable
from ingest.gateway.polling.poller import Poller
from ingest.publishing.bulk import publish_all
from ingest.publishing.message import message
from ingest.simulator.clock import LOG_STEP
from ingest.simulator.doors import aemet, aemet_forms, aemet_stations, esios, omie
from ingest.simulator.doors.web import HOST, Server, served
from ingest.simulator.homes import Home
from ingest.simulator.jerez import MUNICIPALITY, SEED, Jerez, entry
from ingest.simulator.server import devices, listen
from ingest.simulator.truth.market import Market
from ingest.sources import asking
from ingest.sources.aemet.weather import HOURS, Forecasts, LatestObservations
from ingest.sources.backfill import ask
from ingest.sources.source import Failures
from store.instants import instant_of

log = logging.getLogger("sources")
POLL_SECONDS = 5.0
Record = dict[str, Any]


def registers(home: Home, start: datetime, end: datetime) -> list[Record]:
    """Readings of ``home`` from ``start`` to ``end`` (UTC), both included: the logs of its devices, polled over SunSpec
    as the gateway polls them."""
    return asyncio.run(_registers(home, start, end))


async def _registers(home: Home, start: datetime, end: datetime) -> list[Record]:
    server = await listen(devices([home], start - LOG_STEP), HOST, 0)
    port = server.transport.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    (own,) = parse_catalogue(entry(home, HOST, port, 1))
    links, kept = Links(), list[Record]()

    async def follow(device: Device) -> None:
        ended = asyncio.Event()

        async def keep(record: Record) -> None:
            if instant_of(record["time"]) <= end:
                kept.append(record)
            else:
                ended.set()

        polling = asyncio.create_task(Poller(device, measurable(device, links.of(device)), POLL_SECONDS, keep).run())
        await ended.wait()
        polling.cancel()

    try:
        await asyncio.gather(
            *(
                follow(Device(own.installation_id, each.device_id, each.device_kind, each.connection))
                for each in own.devices
                if each.connection is not None
            )
        )
    finally:
        links.keep(())
        await server.shutdown()  # type: ignore[no-untyped-call]
    return kept


def publish(settings: Settings, readings: list[Record]) -> None:
    """Publish ``readings``. Raises ``BulkError``."""
    publish_all(settings, "readings", (message("readings", record) for record in readings))


def ask_services(settings: Settings, jerez: Jerez, now: datetime) -> None:
    """Ask simulated AEMET, OMIE and ESIOS, by their own forms, for what is due ``now`` (UTC), and publish it.

    Raises ``SourceError``, ``BulkError``.
    """
    with _services(jerez) as services, _key(), ThreadPoolExecutor() as pool:
        own = _leading_to(services, settings)
        asked = [pool.submit(asking.ask_prices, own, name, now, log.info) for name in ("omie", "pvpc")]
        span = (now.date() - timedelta(days=1), now.date())
        for source in (Forecasts(own, _is_own), LatestObservations(own, lambda name: name == HOURS)):
            ask(own, source, span, log.info, Failures())
        for each in asked:
            each.result()


def _is_own(question: str) -> bool:
    return question.endswith(f"/{MUNICIPALITY}")


@contextmanager
def _services(jerez: Jerez) -> Iterator[Server]:
    def now() -> datetime:
        return datetime.now(timezone.utc)

    market, weather = Market(SEED), {MUNICIPALITY: jerez.weather(now())}
    find = aemet.either(aemet_forms.find(weather, now), aemet_stations.find(weather, now))
    with served([aemet.Aemet(find).answer, omie.door(market, now), esios.Esios(market, now, "").answer]) as server:
        yield server


@contextmanager
def _key() -> Iterator[None]:
    """A key of AEMET, for this process alone, where there is none."""
    had = os.environ.get(asking.KEY)
    os.environ[asking.KEY] = had or "demo"
    try:
        yield
    finally:
        if had is None:
            del os.environ[asking.KEY]


def _leading_to(server: Server, settings: Settings) -> Settings:
    """The settings by which these services are asked."""
    return settings.model_copy(
        update={
            "aemet": settings.aemet.model_copy(update={"base": server.base + aemet.API}),
            "omie": settings.omie.model_copy(update={"base": server.base}),
            "esios": settings.esios.model_copy(update={"base": server.base}),
        }
    )
