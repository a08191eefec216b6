"""A device that goes silent raises an alarm the same day; one that sleeps at night, or is heard again, does not."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from conf import Settings
from serving_layer.reader import Reader
from serving_layer.views.alarms import alarms
from speed_layer.silent_today import LOOK_SECONDS, SilentToday
from store.history.alarms import SILENT_TODAY
from tests.support.speed_world import Views

RUN = secrets.token_hex(3)
HOME = f"silent-{RUN}"
MIDNIGHT = datetime(2026, 3, 10, tzinfo=timezone.utc)
HEARD: dict[str, list[tuple[float, float]]] = {
    "meter": [(-24, 9), (15, 24)],
    "inverter": [(-16, -6), (8, 17.5)],
    "battery": [(-24, 24)],
    "new": [(6, 9)],
}
"""By device, the hours of yesterday (negative) and today in which it sends a reading between any two looks."""


def sent(views: Views, first: datetime, last: datetime) -> None:
    """Store what the devices send in [first, last), as the speed layer stores it."""
    at = first
    while at < last:
        hour = (at - MIDNIGHT) / timedelta(hours=1)
        for device, spans in HEARD.items():
            if any(begin <= hour < end for begin, end in spans):
                views.session.execute(
                    "INSERT INTO reading_by_day (installation_id, device_id, day, time) VALUES (%s, %s, %s, %s)",
                    (HOME, device, at.date(), at),
                )
                views.session.execute(
                    "INSERT INTO inverter_state (installation_id, device_id, time) VALUES (%s, %s, %s)",
                    (HOME, device, at),
                )
        at += timedelta(seconds=LOOK_SECONDS)


@pytest.fixture(scope="module")
def day(stack: Settings, views: Views) -> dict[float, list[dict[str, Any]]]:
    """The alarms that the day's looks leave, by the hour."""
    views.register(HOME, HEARD)
    sent(views, MIDNIGHT - timedelta(days=1), MIDNIGHT)
    silence, reader = SilentToday(views.session), Reader(stack)
    found = {}
    now = MIDNIGHT
    while now < MIDNIGHT + timedelta(hours=24):
        sent(views, now, now + timedelta(seconds=LOOK_SECONDS))
        now += timedelta(seconds=LOOK_SECONDS)
        silence.look(now)
        if not now.minute:
            shown = alarms(reader, MIDNIGHT, MIDNIGHT + timedelta(days=1), {HOME})
            found[(now - MIDNIGHT) / timedelta(hours=1)] = shown
    reader.close()
    return found


def test_it_stands_from_three_hours_after_the_last_reading_until_the_next(day: dict[float, list[Any]]) -> None:
    standing = {hour: [each["device_id"] for each in shown if not each["cleared_at"]] for hour, shown in day.items()}
    assert {hour for hour, devices in standing.items() if devices} == {12, 13, 14, 15}
    assert {device for devices in standing.values() for device in devices} == {"meter"}


def test_the_alarm_says_when_the_device_was_last_read_and_when_again(day: dict[float, list[Any]]) -> None:
    (alarm,) = day[24]
    assert (alarm["device_id"], alarm["kind"]) == ("meter", SILENT_TODAY)
    assert "meter was last heard at 2026-03-10 08:55 (UTC)" in alarm["text"]
    assert alarm["raised_at"] == MIDNIGHT + timedelta(hours=8, minutes=55)
    assert timedelta(0) <= alarm["cleared_at"] - (MIDNIGHT + timedelta(hours=15)) <= timedelta(seconds=LOOK_SECONDS)
