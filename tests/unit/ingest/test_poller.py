"""What the gateway makes of a measurement: instant, backlog, a record that is accepted."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import TypeAdapter

from energy.topics import TOPICS
from ingest.devices.connection import CONNECTION
from ingest.devices.modbus import DeviceError
from ingest.devices.registry import Device, check_kind
from ingest.devices.sunspec import Measurement
from ingest.gateway.poller import event_time, is_backlog, reading

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=timezone.utc)


def device(**connection: Any) -> Device:
    return Device(
        "home-1",
        "home-1-meter",
        "meter",
        CONNECTION.validate_python({"protocol": "sunspec-tcp", "host": "meter.local"} | connection),
    )


def test_the_instant_is_the_devices_own_where_asked_for() -> None:
    measured = Measurement({"import_power_w": 1.0}, NOW - timedelta(hours=3))
    assert event_time(device(clock="device"), measured, NOW) == NOW - timedelta(hours=3)
    assert event_time(device(), measured, NOW) == NOW.replace(microsecond=123000)
    with pytest.raises(DeviceError, match="keeps no clock"):
        event_time(device(clock="device"), measured._replace(time=None), NOW)


@pytest.mark.parametrize(
    ("before_s", "last_s", "expected"),
    [
        pytest.param(None, -3600, True, id="first reading, an hour behind"),
        pytest.param(-3900, -3600, True, id="stepping through its log"),
        pytest.param(-3605, -3600, False, id="clock an hour slow"),
        pytest.param(-5, 0, False, id="live"),
        pytest.param(-300, 0, False, id="caught up"),
    ],
)
def test_backlog_is_catching_up_not_a_wrong_clock(before_s: int | None, last_s: int, expected: bool) -> None:
    before = None if before_s is None else NOW + timedelta(seconds=before_s)
    assert is_backlog(before, NOW + timedelta(seconds=last_s), NOW, poll_seconds=5) is expected


def test_a_reading_is_a_record_that_is_accepted() -> None:
    measured = Measurement({"import_power_w": 250.0, "import_total_wh": 1234.5, "status_code": 4}, None)
    record = reading(device(), measured, NOW)
    assert TOPICS["readings"].parse(json.dumps(record).encode(), NOW)["source"] == "sunspec-tcp"


def test_a_protocol_reads_only_its_kinds() -> None:
    with pytest.raises(ValueError, match="reads inverter or meter, not a battery"):
        check_kind("battery", device().connection)


def test_devices_are_remembered_as_they_are() -> None:
    adapter = TypeAdapter(list[Device])
    devices = [device(clock="device", unit=240)]
    assert adapter.validate_json(json.dumps(adapter.dump_python(devices, mode="json"))) == devices
