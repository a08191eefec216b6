"""The whole stack under its watch, devices for its gateway, and a load of numbered readings."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from unittest.mock import patch

from conf import Settings
from stack.process import Place, leader
from stack.services import environment
from stack.up import down, status, up
from stack.watch import OWNER
from tests.support.faults.devices import Devices
from tests.support.faults.load import Load
from tests.support.faults.views import Views, inverter
from tests.support.servers.apart import apart

DEVICES = 50
HOMES = 45
DEVICE_PORT = 21_502
"""Below the range of ports that the system gives to clients; the offset of the stack comes on top."""


class World(Views):
    """What a fault is tried on: ``load`` sends to Kafka, ``devices`` are polled by the gateway."""

    def __init__(self, settings: Settings, rate: float) -> None:
        super().__init__(settings)
        self.place = Place(settings.home)
        self.devices = Devices(DEVICE_PORT + settings.port_offset % 10_000)
        self.units = range(1, DEVICES + 1)
        self.began = datetime.now(timezone.utc)
        self.rate = rate

    def register_devices(self) -> None:
        """The devices, each an installation of its own."""
        for unit in self.units:
            self.install(pole(unit))
            self.session.execute(
                "INSERT INTO device (installation_id, device_id, device_kind, connection) "
                "VALUES (%s, %s, 'inverter', %s)",
                (pole(unit), inverter(pole(unit)), json.dumps(self.devices.connection(unit))),
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

    def close(self) -> None:
        """Let go of the store and the devices."""
        super().close()
        self.devices.shutdown()
        self.devices.server_close()


def pole(unit: int) -> str:
    """The installation of a device."""
    return f"pole-{unit:02}"


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
    settings = apart(home, port_offset)
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
