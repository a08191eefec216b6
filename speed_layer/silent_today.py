"""Devices that have gone silent today: heard live until some hours ago, and at this time of yesterday.

A device that sleeps at night was not heard at this time of yesterday either; one that sends its day at once was never
heard live for an hour. Those that are silent for whole days are the night's to find.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any, NamedTuple

from cassandra import DriverException
from cassandra.cluster import NoHostAvailable

from speed_layer.readings_query.duplicates import Device
from speed_layer.readings_query.query import newest_states
from store.history.alarms import LAYERS, SILENT_TODAY, STANDING
from store.instants import utc

SILENT_AFTER = timedelta(hours=3)
LIVE_WITHIN = timedelta(minutes=15)
"""A device whose newest reading is no older is heard live."""
LIVE_FOR = timedelta(hours=1)
"""One that was heard live without a break for so long is expected to go on."""
LOOK_SECONDS = 300.0
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_LAYER = LAYERS[0]
_READING = (
    "SELECT time FROM reading_by_day WHERE installation_id = ? AND device_id = ? AND day = ? "
    "AND time >= ? AND time < ? LIMIT 1"
)
_STANDING = "SELECT raised_at, installation_id, device_id, text FROM alarm WHERE layer = ? AND state = ?"
_RAISE = (
    "INSERT INTO alarm (layer, state, raised_at, installation_id, device_id, kind, text, cleared_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_LEAVE = (
    "DELETE FROM alarm WHERE layer = ? AND state = ? AND raised_at = ? AND installation_id = ? AND device_id = ? "
    "AND kind = ?"
)
log = logging.getLogger("speed")


class Live(NamedTuple):
    """The time in which a device was heard live without a break, by its readings' times (UTC)."""

    since: datetime
    until: datetime


def advanced(before: Live | None, newest: datetime, now: datetime) -> Live | None:
    """The live time of a device whose newest reading, seen ``now``, is of ``newest``."""
    if now - newest > LIVE_WITHIN:
        return before
    goes_on = before is not None and newest - before.until <= LIVE_WITHIN + timedelta(seconds=LOOK_SECONDS)
    return Live(before.since if before and goes_on else newest, newest)


def is_silent(live: Live | None, newest: datetime, now: datetime) -> bool:
    """Whether a device that was heard live lately has been silent since."""
    if live is None or live.until - live.since < LIVE_FOR or newest > live.until:
        return False
    return SILENT_AFTER <= now - newest < _DAY


class SilentToday:
    """Raises and clears the alarms of devices that have gone silent today."""

    def __init__(self, session: Any) -> None:
        self._session = session
        statements = (_READING, _STANDING, _RAISE, _LEAVE)
        self._reading, self._standing, self._raise, self._leave = map(session.prepare, statements)
        self._live: dict[Device, Live | None] = {}

    def keep_looking(self, over: threading.Event) -> None:
        """Look every :data:`LOOK_SECONDS` until ``over`` is set."""
        while not over.wait(LOOK_SECONDS):
            try:
                self.look(datetime.now(timezone.utc))
            except (DriverException, NoHostAvailable) as error:
                log.warning("silent devices were not looked for: %s", error)

    def look(self, now: datetime) -> None:
        """Raise an alarm for each device that has gone silent, and clear those of devices that were heard since."""
        newest = newest_states(self._session)
        self._live = {device: advanced(self._live.get(device), at, now) for device, at in newest.items()}
        standing = {(row.installation_id, row.device_id): row for row in self._stand()}
        for device, alarm in standing.items():
            if newest.get(device, now) > utc(alarm.raised_at):
                self._clear(alarm, now)
        for device, at in newest.items():
            is_new = device not in standing and is_silent(self._live[device], at, now)
            if is_new and self._had_readings(device, now - _DAY):
                self._raise_alarm(device, at)

    def _stand(self) -> Iterator[Any]:
        yield from self._session.execute(self._standing, (_LAYER, STANDING))

    def _had_readings(self, device: Device, until: datetime) -> bool:
        """Whether the device has readings in each hour of :data:`SILENT_AFTER` before ``until``."""
        hours = SILENT_AFTER // _HOUR
        starts = [until - n * _HOUR for n in range(1, hours + 1)]
        return all(self._has_reading(device, start, start + _HOUR) for start in starts)

    def _has_reading(self, device: Device, start: datetime, end: datetime) -> bool:
        days: set[date] = {start.date(), end.date()}
        return any(self._session.execute(self._reading, (*device, day, start, end)).one() for day in days)

    def _raise_alarm(self, device: Device, last: datetime) -> None:
        installation, name = device
        text = f"{name} was last heard at {last:%Y-%m-%d %H:%M} (UTC), and was heard at this time of the day before"
        for state in (f"{last:%Y-%m}", STANDING):
            self._session.execute(self._raise, (_LAYER, state, last, installation, name, SILENT_TODAY, text, None))

    def _clear(self, alarm: Any, now: datetime) -> None:
        key = (alarm.raised_at, alarm.installation_id, alarm.device_id, SILENT_TODAY)
        self._session.execute(self._raise, (_LAYER, f"{alarm.raised_at:%Y-%m}", *key, alarm.text, now))
        self._session.execute(self._leave, (_LAYER, STANDING, *key))
