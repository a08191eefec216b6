"""The whole stack under its watch, devices for its gateway, and a load of numbered readings."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from unittest.mock import patch

import requests
from cassandra import OperationTimedOut
from cassandra.cluster import NoHostAvailable

from conf import Settings, load_settings
from stack.process import Place, leader
from stack.services import environment
from stack.up import down, status, up
from stack.watch import OWNER
from store import cassandra
from tests.support.faults.devices import Devices
from tests.support.faults.load import Load

DEVICES = 50
HOMES = 45
ANSWERS_WITHIN = 30
"""Seconds in which the store's node, once it lives, has to answer."""
DEVICE_PORT = 21_502
"""Below the range of ports that the system gives to clients; the offset of the stack comes on top."""


class World:
    """What a fault is tried on: ``load`` sends to Kafka, ``devices`` are polled by the gateway."""

    def __init__(self, settings: Settings, rate: float) -> None:
        self.settings, self.place = settings, Place(settings.home)
        self.session = cassandra.connect(settings)
        self.devices = Devices(DEVICE_PORT + settings.port_offset % 10_000)
        self.units = range(1, DEVICES + 1)
        self.began = datetime.now(timezone.utc)
        self.rate = rate
        self._token = ""

    def register(self, homes: Sequence[str]) -> None:
        """Homes of the catalogue whose readings come without a gateway."""
        for home in homes:
            self._install(home)

    def register_devices(self) -> None:
        """The devices, each an installation of its own."""
        for unit in self.units:
            self._install(pole(unit))
            self.session.execute(
                "INSERT INTO device (installation_id, device_id, device_kind, connection) "
                "VALUES (%s, %s, 'inverter', %s)",
                (pole(unit), inverter(pole(unit)), json.dumps(self.devices.connection(unit))),
            )

    def _install(self, name: str) -> None:
        self.session.execute(
            "INSERT INTO installation (installation_id, name, kind, time_zone) VALUES (%s, %s, 'home', 'UTC')",
            (name, name),
        )

    @contextmanager
    def load(self, name: str) -> Iterator[Load]:
        """A load of homes of its own, so that the world's readings are ``rate`` a second."""
        homes = [f"{name}-{number:02}" for number in range(HOMES)]
        self.register(homes)
        load = Load(self.settings, homes, self.rate - DEVICES)
        load.start()
        try:
            yield load
        finally:
            load.stop()

    def pid(self, part: str) -> int:
        """Process id of a service."""
        head = leader(self.place, part)
        assert head is not None, f"{part} does not run"
        return head.pid

    def state(self, part: str) -> dict[str, Any]:
        """What the watch says of a service."""
        found: dict[str, Any] = status(self.place).get("services", {}).get(part, {})
        return found

    def asked(self, path: str) -> Any:
        """The API's answer to ``GET path``; None where it has none."""
        self._token = self._token or (self.settings.home / "token").read_text().strip()
        url = f"http://{self.settings.api.host}:{self.settings.api.port}{path}"
        try:
            answer = requests.get(url, headers={"Authorization": f"Bearer {self._token}"}, timeout=10)
        except requests.RequestException:
            return None
        return answer.json() if answer.status_code in (200, 503) else None

    def rows(self, query: str, *parameters: Any) -> list[Any]:
        """The store's answer; a connection to a killed node is found dead once, and then made again."""
        for _ in range(ANSWERS_WITHIN):
            with suppress(NoHostAvailable, OperationTimedOut):
                return list(self.session.execute(query, parameters))
            time.sleep(1)
        return list(self.session.execute(query, parameters))

    def close(self) -> None:
        """Let go of the store and the devices."""
        self.session.cluster.shutdown()
        self.devices.shutdown()
        self.devices.server_close()


def pole(unit: int) -> str:
    """The installation of a device."""
    return f"pole-{unit:02}"


def inverter(installation: str) -> str:
    """The device of an installation."""
    return f"{installation}-inverter"


@contextmanager
def world(
    home: Path,
    port_offset: int,
    rate: float = 500.0,
    start_watch: Callable[[Settings], None] = lambda _: None,
) -> Iterator[World]:
    """Servers, speed job, gateway and API in ``home``, watched; gone at the end.

    ``start_watch`` starts the watch in some way of its own, before the stack is brought up.
    """
    settings = load_settings(home=home, port_offset=port_offset)
    paced = settings.gateway.model_copy(update={"poll_seconds": 1.0})
    settings = settings.model_copy(update={"gateway": paced})
    with patch.dict(os.environ, environment(settings) | {OWNER: str(os.getpid())}):
        try:
            start_watch(settings)
            up(settings, ["servers"])
            made = World(settings, rate)
            try:
                made.register_devices()
                up(settings, ["speed", "gateway", "api"])
                yield made
            finally:
                made.close()
        finally:
            down(settings)
