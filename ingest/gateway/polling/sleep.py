"""The sleep of an inverter that gives no reading, and is not silent: in the dark, or after it said so."""

from __future__ import annotations

from datetime import datetime, timedelta

from energy.sun.elevation import elevation
from ingest.devices.device import DeviceError, NoAnswerError, NoConnectionError, NothingMeasuredError, RefusedError
from ingest.devices.modbus import UNREACHABLE
from ingest.devices.registry import Device

DARK_DEGREES = 5.0
"""Sun below which panels may give too little to wake their inverter."""
LONGEST_NIGHT = timedelta(hours=18)
"""The time since its last reading in which a device sleeps whose place nobody knows."""


class Sleep:
    """Whether an error of one device is sleep: each by itself, by the sun at its place and by the error before."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._answered: datetime | None = None
        self._sleeps = False

    def answered(self, at: datetime) -> None:
        """Note a reading (UTC)."""
        self._answered, self._sleeps = at, False

    def explains(self, error: DeviceError, now: datetime) -> bool:
        """Whether the device sleeps that gives ``error`` instead of a reading."""
        self._sleeps = self._device.device_kind == "inverter" and self._explains(error, now)
        return self._sleeps

    def _explains(self, error: DeviceError, now: datetime) -> bool:
        is_dark = self._is_dark(now)
        if isinstance(error, NothingMeasuredError):
            return is_dark is not False
        is_lost = isinstance(error, NoConnectionError | NoAnswerError) or (
            isinstance(error, RefusedError) and error.code in UNREACHABLE
        )
        if not is_lost or is_dark is False:
            return False
        if is_dark:
            # One that never gave a reading may have a wrong address.
            return self._sleeps or self._answered is not None
        return self._sleeps and (self._answered is None or now - self._answered < LONGEST_NIGHT)

    def _is_dark(self, now: datetime) -> bool | None:
        """None where its place is not known."""
        if self._device.place is None:
            return None
        return elevation(now, *self._device.place) < DARK_DEGREES
