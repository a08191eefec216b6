"""What the gateway makes of a measurement: instant, backlog, a record that is accepted."""

from __future__ import annotations

import asyncio
import json
import struct
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from energy.topics import TOPICS
from ingest.devices.device import DeviceError, Measurement, NoConnectionError, NothingMeasuredError
from ingest.devices.registry import CONNECTION, Device, check_kind
from ingest.gateway.polling.device_clock import is_backlog
from ingest.gateway.polling.poller import Poller, event_time, reading
from ingest.gateway.remembered import remember, remembered

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


def test_devices_are_remembered_as_they_are(tmp_path: Path) -> None:
    devices = [device(clock="device", unit=240)]
    remember(tmp_path, devices)
    assert remembered(tmp_path) == devices


class Scripted:
    """A device whose polls give what is listed, the last one for ever."""

    def __init__(self, *answers: Measurement | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def measure(self) -> Measurement:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


async def polled(source: Scripted, seconds: float, **connection: Any) -> tuple[Poller, list[dict[str, Any]]]:
    kept: list[dict[str, Any]] = []

    async def keep(record: dict[str, Any]) -> None:
        kept.append(record)

    poller = Poller(device(**connection), source, 0.01, keep)
    task = asyncio.create_task(poller.run())
    await asyncio.sleep(seconds)
    assert not task.done()
    task.cancel()
    return poller, kept


@pytest.mark.parametrize(
    "error", [DeviceError("off"), ValueError("odd"), KeyError(40102), RuntimeError("x"), struct.error("y"), OSError(5)]
)
def test_no_answer_whatsoever_ends_the_polling(error: Exception) -> None:
    good = Measurement({"import_power_w": 1.0})
    poller, kept = asyncio.run(polled(Scripted(error, good), 0.3))
    assert len(kept) > 2
    assert poller.error is None
    poller, _ = asyncio.run(polled(Scripted(error), 0.1))
    assert poller.error


def test_an_inverter_that_sleeps_is_no_error_and_is_asked_less_often(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    async def scenario(*answers: Measurement | Exception) -> tuple[Poller, int]:
        async def keep(record: dict[str, Any]) -> None:
            assert record["ac_power_w"] == 1.0

        source = Scripted(*answers)
        poller = Poller(device()._replace(device_kind="inverter"), source, 0.01, keep)
        task = asyncio.create_task(poller.run())
        await asyncio.sleep(0.3)
        task.cancel()
        return poller, source.asked

    asleep = NothingMeasuredError("measures nothing")
    poller, asked = asyncio.run(scenario(asleep))
    assert (poller.state, poller.error, poller.asleep) == ("asleep", None, "measures nothing")
    assert asked < 10
    poller, _ = asyncio.run(scenario(asleep, NoConnectionError("no connection")))
    assert (poller.state, poller.error, poller.asleep) == ("asleep", None, "no connection")
    poller, _ = asyncio.run(scenario(asleep, Measurement({"ac_power_w": 1.0})))
    assert (poller.state, poller.error, poller.asleep) == ("read", None, None)
    poller, _ = asyncio.run(scenario(NoConnectionError("no connection")))
    assert (poller.state, poller.error, poller.asleep) == ("silent", "no connection", None)
    assert caplog.text.count("home-1/home-1-meter sleeps") == 3
    assert caplog.text.count("gives readings again") == 1


def test_what_is_wrong_with_a_device_that_gives_readings_is_reported_beside_them() -> None:
    poller, kept = asyncio.run(polled(Scripted(Measurement({"import_power_w": 1.0}, None, ("no frequency",))), 0.1))
    assert kept
    assert (poller.error, poller.fault) == (None, "no frequency")
    never_set = Measurement({"import_power_w": 1.0}, datetime(2000, 1, 1, tzinfo=timezone.utc))
    poller, kept = asyncio.run(polled(Scripted(never_set), 0.1, clock="device"))
    assert {record["time"][:2] for record in kept} == {"20"}
    assert all(not record["time"].startswith("2000") for record in kept)
    assert "2000-01-01 00:00 UTC, which can't be" in (poller.fault or "")
