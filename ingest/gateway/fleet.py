"""The pollers of all devices, kept in step with the catalogue."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from pydantic import TypeAdapter

from conf import Settings
from ingest.devices.modbus import Link
from ingest.devices.registry import Device, catalogued, measurable, open_link
from ingest.gateway.poller import Keep, Poller
from store.cassandra import connect
from store.reports import replace_text

log = logging.getLogger("gateway")
_DEVICES = TypeAdapter(list[Device])


class Fleet:
    """Polls the catalogue's devices and gives their readings to ``keep``.

    The devices last read are remembered on disk, so that polling starts even while Cassandra is away.
    """

    def __init__(self, settings: Settings, keep: Keep) -> None:
        self.pollers: dict[str, Poller] = {}
        self.unusable: dict[str, str] = {}
        self.error: str | None = None
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Fails when a poller has ended by an error that is not its device's."""
        self._settings, self._keep = settings, keep
        self._memory = settings.home / "gateway" / "devices.json"
        self._session: Any = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._links: dict[tuple[str, int], Link] = {}

    async def refresh(self) -> bool:
        """Follow the catalogue; False if it can't be read, or names no device yet."""
        try:
            devices, self.unusable = await asyncio.to_thread(self._read)
            self._say(None)
        except Exception as error:  # the driver raises many kinds; any means no catalogue
            await asyncio.to_thread(self._disconnect)
            self._say(f"the catalogue can't be read: {error}")
            if not self.pollers and self._memory.exists():
                self._follow(_DEVICES.validate_json(self._memory.read_text()))
            return False
        for device_id, reason in self.unusable.items():
            log.warning("%s can't be polled: %s", device_id, reason)
        if self._follow(devices):
            replace_text(self._memory, json.dumps(_DEVICES.dump_python(devices, mode="json")))
        return bool(devices)

    def stop(self) -> None:
        """End all polling."""
        self._follow([])

    def _read(self) -> tuple[list[Device], dict[str, str]]:
        if self._session is None:
            self._session = connect(self._settings)
        return catalogued(self._session)

    def _disconnect(self) -> None:
        if self._session is not None:
            self._session.cluster.shutdown()
            self._session = None

    def _follow(self, devices: list[Device]) -> bool:
        """Start and end pollers so that they are those of ``devices``; whether anything changed."""
        wanted = {device.device_id: device for device in devices}
        current = {device_id: poller.device for device_id, poller in self.pollers.items()}
        if wanted == current:
            return False
        for device_id, device in current.items():
            if wanted.get(device_id) != device:
                self._tasks.pop(device_id).cancel()
                del self.pollers[device_id]
        for device_id, device in wanted.items():
            if device_id not in self.pollers:
                self._start(device)
        self._close_unused_links()
        log.info("polling %d devices at %d addresses", len(self.pollers), len(self._links))
        return True

    def _start(self, device: Device) -> None:
        address = (device.connection.host, device.connection.port)
        if address not in self._links:
            self._links[address] = open_link(device)
        source = measurable(device, self._links[address])
        poller = Poller(device, source, self._settings.gateway.poll_seconds, self._keep)
        self.pollers[device.device_id] = poller
        task = asyncio.create_task(poller.run())
        task.add_done_callback(self._ended)
        self._tasks[device.device_id] = task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and not self.broken.done():
            self.broken.set_exception(task.exception() or RuntimeError("a poller has ended"))

    def _close_unused_links(self) -> None:
        used = {(p.device.connection.host, p.device.connection.port) for p in self.pollers.values()}
        for address in self._links.keys() - used:
            self._links.pop(address).close()

    def _say(self, error: str | None) -> None:
        if error and not self.error:
            log.warning("%s", error)
        self.error = error
