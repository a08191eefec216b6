"""Which inverters sleep: those that have nothing to say in the dark, also where their link drops after dusk."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from pymodbus.constants import ExcCodes

from ingest.devices.device import DeviceError, NoAnswerError, NoConnectionError, NothingMeasuredError, RefusedError
from ingest.devices.registry import CONNECTION, Device
from ingest.gateway.polling.sleep import LONGEST_NIGHT, Sleep

MADRID = (40.4, -3.7)
NOON, DUSK = datetime(2026, 11, 21, 12, tzinfo=timezone.utc), datetime(2026, 11, 21, 17, 30, tzinfo=timezone.utc)
NIGHT = datetime(2026, 11, 22, 1, tzinfo=timezone.utc)
NOTHING, LOST = NothingMeasuredError("measures nothing"), NoConnectionError("no connection")


def sleep(place: tuple[float, float] | None = MADRID, kind: str = "inverter") -> Sleep:
    connection = CONNECTION.validate_python({"protocol": "sunspec-tcp", "host": "10.0.0.7"})
    return Sleep(Device("finca", "roof", kind, connection, place))


@pytest.mark.parametrize(
    "lost",
    [
        LOST,
        NoAnswerError("none within 3 s"),
        RefusedError("exception 11", int(ExcCodes.GATEWAY_NO_RESPONSE)),
        RefusedError("exception 10", int(ExcCodes.GATEWAY_PATH_UNAVIABLE)),
    ],
)
def test_a_link_that_drops_after_dusk_is_sleep_until_the_morning(lost: DeviceError) -> None:
    its = sleep()
    its.answered(DUSK - timedelta(hours=1))
    assert its.explains(lost, DUSK)
    assert its.explains(lost, NIGHT)
    assert not its.explains(lost, NOON + timedelta(days=1))


@pytest.mark.parametrize("error", [LOST, NOTHING, NoAnswerError("none"), DeviceError("odd")])
def test_by_day_no_error_is_sleep(error: DeviceError) -> None:
    its = sleep()
    its.answered(NOON - timedelta(minutes=1))
    assert not its.explains(error, NOON)


def test_what_never_answered_may_have_a_wrong_address() -> None:
    assert not sleep().explains(LOST, NIGHT)
    assert sleep().explains(NOTHING, NIGHT)


@pytest.mark.parametrize("error", [DeviceError("sent 3 of 7 registers"), RefusedError("exception 2", 2)])
def test_what_is_wrong_at_night_is_no_sleep(error: DeviceError) -> None:
    its = sleep()
    its.answered(DUSK)
    assert not its.explains(error, NIGHT)


@pytest.mark.parametrize("kind", ["meter", "battery", "weather_station"])
def test_nothing_but_an_inverter_sleeps(kind: str) -> None:
    its = sleep(kind=kind)
    its.answered(DUSK)
    assert not its.explains(NOTHING, NIGHT)
    assert not its.explains(LOST, NIGHT)


def test_without_its_place_it_sleeps_that_said_so_before_its_link_dropped() -> None:
    its = sleep(place=None)
    its.answered(DUSK)
    assert not its.explains(LOST, DUSK)
    assert its.explains(NOTHING, NIGHT)
    assert its.explains(LOST, NIGHT)
    assert not its.explains(LOST, DUSK + LONGEST_NIGHT)
    its.answered(NOON)
    assert not its.explains(LOST, NOON)
