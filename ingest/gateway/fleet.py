"""The pollers of all devices, kept in step with the catalogue, or with the file of the site."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from conf import Settings
from conf.place import ROOT
from ingest.catalogue.file import read_catalogue
from ingest.devices.registry import Device, Links, measurable, place_of
from ingest.gateway.polling.poller import Keep, Poller
from ingest.gateway.remembered import remember, remembered

if TYPE_CHECKING:
    from ingest.gateway.catalogue import Catalogue

log = logging.getLogger("gateway")


class Fleet:
    """Polls the catalogue's devices and gives their readings to ``keep``.

    The devices last read are remembered on disk, so that polling starts even while Cassandra is away. Devices are
    named ``installation/device``.
    """

    def __init__(self, settings: Settings, keep: Keep) -> None:
        self.pollers: dict[str, Poller] = {}
        self.unusable: dict[str, str] = {}
        self.error: str | None = None
        self._settings, self._keep = settings, keep
        self._catalogue: Catalogue | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._links = Links()

    async def refresh(self) -> bool:
        """Follow the catalogue; False if it can't be read, or names no device yet."""
        try:
            devices, unusable = await asyncio.to_thread(self._read)
            self._say(None)
        except ModuleNotFoundError:  # no driver is here, and none will come by waiting
            raise
        except Exception as error:  # the driver raises many kinds; any means no catalogue
            await asyncio.to_thread(self._disconnect)
            self._say(f"the catalogue can't be read: {error}")
            if not self.pollers:
                self._follow(remembered(self._settings.home))
            return False
        self._warn_of(unusable)
        if self._follow(devices):
            self._remember(devices)
        return bool(devices)

    def stop(self) -> None:
        """End all polling."""
        self._follow([])

    def _warn_of(self, unusable: dict[str, str]) -> None:
        for name, reason in unusable.items():
            if self.unusable.get(name) != reason:
                log.warning("%s can't be polled: %s", name, reason)
        self.unusable = unusable

    def _remember(self, devices: list[Device]) -> None:
        try:
            remember(self._settings.home, devices)
        except OSError as error:  # a full disk must not end the polling
            log.warning("the devices can't be remembered: %s", error.strerror)

    def _read(self) -> tuple[list[Device], dict[str, str]]:
        if self._settings.gateway.site_file:
            return devices_of_file(ROOT / self._settings.gateway.site_file), {}
        if self._catalogue is None:
            # The driver takes as much memory as all else here: a gateway at the edge does without.
            from ingest.gateway.catalogue import Catalogue

            self._catalogue = Catalogue(self._settings)
        return self._catalogue.read()

    def _disconnect(self) -> None:
        if self._catalogue is not None:
            self._catalogue.close()
            self._catalogue = None

    def _follow(self, devices: list[Device]) -> bool:
        """Start and end pollers so that they are those of ``devices``; whether anything changed."""
        wanted = {device.name: device for device in devices}
        current = {name: poller.device for name, poller in self.pollers.items()}
        if wanted == current:
            return False
        for name, device in current.items():
            if wanted.get(name) != device:
                self._tasks.pop(name).cancel()
                del self.pollers[name]
        for name, device in wanted.items():
            if name not in self.pollers:
                self._start(device)
        self._links.keep(devices)
        log.info("polling %d devices at %d addresses", len(self.pollers), len(self._links))
        return True

    def _start(self, device: Device) -> None:
        source = measurable(device, self._links.of(device))
        poller = Poller(device, source, self._settings.gateway.poll_seconds, self._keep)
        self.pollers[device.name] = poller
        self._tasks[device.name] = asyncio.create_task(poller.run())

    def _say(self, error: str | None) -> None:
        if error and not self.error:
            log.warning("%s", error)
        self.error = error


def devices_of_file(path: Path) -> list[Device]:
    """The devices with a connection in a file as `solera register` takes it.

    Raises :class:`ingest.catalogue.entries.CatalogueError`.
    """
    return [
        Device(
            entry.installation_id,
            device.device_id,
            device.device_kind,
            device.connection,
            place_of(entry.latitude, entry.longitude),
        )
        for entry in read_catalogue(path)
        for device in entry.devices
        if device.connection is not None
    ]
