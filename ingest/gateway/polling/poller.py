"""Polls one device for ever: at the set pace, or without pause while the device hands out a backlog."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from ingest.devices.device import DeviceError, Measurable, Measurement
from ingest.devices.registry import Device
from ingest.gateway.polling.device_clock import DeviceClock, difference
from ingest.gateway.polling.sleep import Sleep
from store.instants import rfc3339

log = logging.getLogger("gateway")
Keep = Callable[[dict[str, Any]], Awaitable[None]]
MAX_PAUSE_SECONDS = 60.0
BACKLOG_PAUSE_SECONDS = 0.02
"""Pause between two polls of a device that hands out its log: its next entry may take a moment."""


class Poller:
    """Measures ``device`` every ``poll_seconds`` and gives each reading to ``keep``."""

    def __init__(self, device: Device, source: Measurable, poll_seconds: float, keep: Keep) -> None:
        self.device = device
        self.readings = 0
        self.last_time: datetime | None = None
        self.error: str | None = None
        """The reason why the last poll gave no reading, though the device does not sleep."""
        self.asleep: str | None = None
        """The error of the last poll of a device that sleeps."""
        self.fault: str | None = None
        """The fault of a device that gives readings even so: its clock, or a part that can't be read."""
        self.device_time: tuple[datetime, datetime] | None = None
        """The time that the device's own clock showed last, and the gateway's then; None where it has none."""
        self._source, self._poll_seconds, self._keep = source, poll_seconds, keep
        self._clock = DeviceClock(poll_seconds)
        self._sleep = Sleep(device)
        self._failures = 0

    async def run(self) -> None:
        """Poll until cancelled, whatever the device answers."""
        while True:
            begun = time.monotonic()
            try:
                await self._poll()
                self._say(None)
            except DeviceError as error:
                sleeps = self._sleep.explains(error, datetime.now(timezone.utc))
                self._say(None if sleeps else str(error), str(error) if sleeps else None)
            except Exception as error:
                if not self.error:
                    log.exception("%s: an answer that the gateway can't read", self.device.name)
                self._say(f"its answer can't be read ({type(error).__name__}: {error}); please report this")
            await asyncio.sleep(self._pause(time.monotonic() - begun))

    async def _poll(self) -> None:
        measured = await self._source.measure()
        now = datetime.now(timezone.utc)
        shown = event_time(self.device, measured, now)
        instant: datetime | None = shown
        fault = None
        if self.device.connection.dates_readings:
            instant = self._clock.time_of_reading(shown, now)
            fault = self._clock.fault
        elif measured.time is not None:
            fault = difference(measured.time, now)
        self.device_time = (measured.time, now) if measured.time else None
        self._say_fault("; ".join((*filter(None, [fault]), *measured.faults)) or None)
        if instant is None:
            return
        await self._keep(reading(self.device, measured, instant) | self._other_clock(measured.time, instant, now))
        self.last_time = instant
        self.readings += 1
        self._sleep.answered(now)

    def _other_clock(self, shown: datetime | None, instant: datetime, now: datetime) -> dict[str, float]:
        """The clock that the reading's ``instant`` is not of, by the seconds that it was ahead."""
        if shown is None:
            return {}
        if shown != instant:
            return {"device_ahead_s": _seconds(shown - instant)}
        # An entry of a log was made at another time than it is read, which says nothing of the clock.
        return {} if self._clock.is_catching_up else {"gateway_ahead_s": _seconds(now - instant)}

    def _pause(self, took_seconds: float) -> float:
        if self.error or self.asleep:
            # A device that is off all night is asked once a minute.
            return min(self._poll_seconds * 2.0 ** min(self._failures - 1, 10), MAX_PAUSE_SECONDS)
        if self._clock.is_catching_up:
            return BACKLOG_PAUSE_SECONDS
        return max(0.0, self._poll_seconds - took_seconds)

    @property
    def state(self) -> str:
        """``asleep``, ``silent`` or ``read``, as the last poll was."""
        return "asleep" if self.asleep else "silent" if self.error else "read"

    def _say(self, error: str | None, asleep: str | None = None) -> None:
        self._failures = self._failures + 1 if error or asleep else 0
        if asleep and not self.asleep:
            log.info("%s sleeps: %s", self.device.name, asleep)
        if error and not self.error:
            log.warning("%s gives no reading: %s", self.device.name, error)
        if (self.error or self.asleep) and not error and not asleep:
            log.info("%s gives readings again", self.device.name)
        self.error, self.asleep = error, asleep

    def _say_fault(self, fault: str | None) -> None:
        if fault and not self.fault:
            log.warning("%s: %s", self.device.name, fault)
        if self.fault and not fault:
            log.info("%s is read without fault again", self.device.name)
        self.fault = fault


def _seconds(span: timedelta) -> float:
    return round(span.total_seconds(), 3)


def event_time(device: Device, measured: Measurement, now: datetime) -> datetime:
    """The instant of the reading: the device's own where its connection says so, else ``now`` (to the ms).

    Raises :class:`DeviceError` where the device's clock is asked for and it keeps none.
    """
    if device.connection.dates_readings:
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
