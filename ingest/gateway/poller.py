"""Polls one device for ever: at the set pace, or without pause while the device hands out a backlog."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from ingest.devices.connection import SunSpecConnection
from ingest.devices.modbus import DeviceError
from ingest.devices.registry import Device, Measurable
from ingest.devices.sunspec import Measurement
from store.instants import rfc3339

log = logging.getLogger("gateway")
Keep = Callable[[dict[str, Any]], Awaitable[None]]
MAX_PAUSE_SECONDS = 60.0


class Poller:
    """Measures ``device`` every ``poll_seconds`` and gives each reading to ``keep``."""

    def __init__(self, device: Device, source: Measurable, poll_seconds: float, keep: Keep) -> None:
        self.device = device
        self.readings = 0
        self.last_time: datetime | None = None
        self.error: str | None = None
        self._source, self._poll_seconds, self._keep = source, poll_seconds, keep
        self._failures = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            begun = time.monotonic()
            before = self.last_time
            try:
                await self._poll()
                self._say(None)
            except DeviceError as error:
                self._say(str(error))
            pause = self._pause(before, time.monotonic() - begun)
            await asyncio.sleep(pause)

    async def _poll(self) -> None:
        measured = await self._source.measure()
        instant = event_time(self.device, measured, datetime.now(timezone.utc))
        if instant == self.last_time:
            return
        await self._keep(reading(self.device, measured, instant))
        self.last_time = instant
        self.readings += 1

    def _pause(self, before: datetime | None, took_seconds: float) -> float:
        if self.error:
            # A device that is off all night is asked once a minute.
            return min(self._poll_seconds * 2.0 ** min(self._failures - 1, 10), MAX_PAUSE_SECONDS)
        now = datetime.now(timezone.utc)
        if self.last_time and is_backlog(before, self.last_time, now, self._poll_seconds):
            return 0.0
        return max(0.0, self._poll_seconds - took_seconds)

    def _say(self, error: str | None) -> None:
        self._failures = self._failures + 1 if error else 0
        if error and not self.error:
            log.warning("%s gives no reading: %s", self.device.device_id, error)
        if self.error and not error:
            log.info("%s gives readings again", self.device.device_id)
        self.error = error


def is_backlog(before: datetime | None, last: datetime, now: datetime, poll_seconds: float) -> bool:
    """Whether a device is catching up: behind the wall clock, and its last step longer than the pace.

    A device whose clock is merely wrong keeps its distance, so its steps are as long as the pace.
    """
    pace = timedelta(seconds=poll_seconds)
    return now - last > 2 * pace and (before is None or last - before > 2 * pace)


def event_time(device: Device, measured: Measurement, now: datetime) -> datetime:
    """The instant of the reading: the device's own where its connection says so, else ``now`` (to the ms).

    Raises :class:`DeviceError` where the device's clock is asked for and it keeps none.
    """
    connection = device.connection
    if isinstance(connection, SunSpecConnection) and connection.clock == "device":
        if measured.time is None:
            raise DeviceError("it keeps no clock (SunSpec model 122); set its connection's clock to gateway")
        return measured.time
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def reading(device: Device, measured: Measurement, instant: datetime) -> dict[str, Any]:
    """The ``readings`` record of what was measured."""
    return {
        "schema": 1,
        "installation_id": device.installation_id,
        "device_id": device.device_id,
        "device_kind": device.device_kind,
        "time": rfc3339(instant),
        "source": device.connection.protocol,
        **measured.fields,
    }
