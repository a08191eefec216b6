"""The clocks of devices that date their own readings: their faults, and the time that a reading then bears."""

from __future__ import annotations

from datetime import datetime, timedelta

from energy.topics import READING_AHEAD
from ingest.devices.device import DeviceError

KEPT = timedelta(days=40)
"""No device hands out a log that is older; a clock that is further behind was never set."""
STILL = timedelta(seconds=2)
"""Clocks tell whole seconds, so one may show an instant for two quick polls."""
BEHIND = timedelta(minutes=2)


class DeviceClock:
    """Compares a device's clock with the gateway's, reading by reading."""

    def __init__(self, poll_seconds: float) -> None:
        self.fault: str | None = None
        """The fault of the clock in a sentence; None where it is right."""
        self._pace = timedelta(seconds=poll_seconds)
        self._shown: datetime | None = None
        self._since: datetime | None = None
        self.is_catching_up = False
        """Whether the device hands out a log: it is behind, and steps faster than time goes."""

    def time_of_reading(self, shown: datetime, now: datetime) -> datetime | None:
        """The instant of a reading at ``now`` whose device shows ``shown``; None for one that was read before.

        A clock that can't be right (never set, far ahead, or stopped after it kept time) is replaced by the
        gateway's. One that is behind may hand out a log, so its readings keep its time; where that then stands still,
        when they were measured is not known: :class:`DeviceError`.
        """
        if now - shown > KEPT or shown - now > READING_AHEAD:
            self.fault = f"its clock shows {shown:%Y-%m-%d %H:%M} UTC, which can't be; readings bear the gateway's time"
            return _to_ms(now)
        if shown == self._shown and self._since is not None:
            return self._stands(shown, self._since, now)
        before, self.fault = self._shown, None
        if before is not None and shown < before:
            self.fault = f"its clock went back from {before:%Y-%m-%d %H:%M:%S} to {shown:%Y-%m-%d %H:%M:%S} UTC"
        elif before is not None and now - shown > max(BEHIND, 2 * self._pace) and shown - before <= 2 * self._pace:
            self.fault = f"its clock is {_duration(now - shown)} behind; set it, or the connection to clock: gateway"
        self._follow(shown, now, before)
        return shown

    def _stands(self, shown: datetime, since: datetime, now: datetime) -> datetime | None:
        if now - since <= max(STILL, 2 * self._pace):
            return None
        self.is_catching_up = False
        self.fault = f"its clock has stood still at {shown:%Y-%m-%d %H:%M:%S} UTC since {since:%H:%M:%S}"
        if since - shown > max(BEHIND, 2 * self._pace):
            raise DeviceError(f"{self.fault}; set its connection to clock: gateway")
        return _to_ms(now)

    def _follow(self, shown: datetime, now: datetime, before: datetime | None) -> None:
        self.is_catching_up = is_backlog(before, shown, now, self._pace.total_seconds())
        self._shown, self._since = shown, now


def difference(shown: datetime, now: datetime) -> str | None:
    """The error of a device's clock that dates no reading, in a sentence; None where it is right within a minute."""
    off = _off(shown, now)
    return off and f"{off}; readings bear the gateway's time"


def at_first_sight(shown: datetime, now: datetime) -> str | None:
    """The fault that one look shows of a clock that dates readings, in a sentence; None where it shows none."""
    clock = DeviceClock(0.0)
    clock.time_of_reading(shown, now)
    off = _off(shown, now)
    cure = "unless it hands out a log, set it, or the connection to clock: gateway"
    return clock.fault or (off and f"{off}; readings bear its time: {cure}")


def is_backlog(before: datetime | None, last: datetime, now: datetime, poll_seconds: float) -> bool:
    """Whether a device is catching up: behind the wall clock, and its last step longer than the pace.

    A device whose clock is merely wrong keeps its distance, so its steps are as long as the pace.
    """
    pace = timedelta(seconds=poll_seconds)
    return now - last > 2 * pace and (before is None or last - before > 2 * pace)


def _off(shown: datetime, now: datetime) -> str | None:
    if abs(shown - now) <= BEHIND / 2:
        return None
    way = "ahead" if shown > now else "behind"
    return f"its clock is {_duration(abs(shown - now))} {way}"


def _to_ms(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def _duration(span: timedelta) -> str:
    minutes = span // timedelta(minutes=1)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
