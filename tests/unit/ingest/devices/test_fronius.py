"""Fronius' Solar API from an HTTP server on this machine, in the forms of a Datamanager and a GEN24, and its faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.topics import TOPICS
from ingest.devices import fronius, http
from ingest.devices.device import DeviceError, Measurement, NoAnswerError, NoConnectionError, NothingMeasuredError
from ingest.devices.fronius import FroniusConnection
from ingest.devices.ranges import measurement
from tests.support.peers.fronius_device import DAY, Inverter, said, solar_api, value
from tests.support.peers.modbus_device import free_port


@pytest.fixture
def server() -> Iterator[Inverter]:
    with solar_api() as running:
        yield running


def measured(kind: str, port: int, **more: Any) -> Measurement:
    described = {"protocol": "fronius-http", "host": "127.0.0.1", "port": port} | more
    connection = FroniusConnection.model_validate(described)

    async def scenario() -> Measurement:
        link = connection.link()
        try:
            return await connection.open(link, kind).measure()
        finally:
            link.close()

    return asyncio.run(scenario())


def test_an_inverter_by_day_by_night_and_a_gen24(server: Inverter) -> None:
    port = server.server_address[1]
    server.answers[fronius.INVERTER] = said(DAY)
    found = measured("inverter", port, number=2)
    assert found.fields == {
        "ac_power_w": 4321.0, "energy_total_wh": 12345600.0, "voltage_v": 231.4, "current_a": 18.7,
        "frequency_hz": 49.99, "dc_power_w": 4400.0, "status_code": 7,
    }  # fmt: skip
    assert found.time == datetime(2026, 7, 1, 12, 1, 41, tzinfo=timezone.utc)
    assert server.asked[-1] == {"Scope": "Device", "DeviceId": "2", "DataCollection": "CommonInverterData"}
    night = {name: DAY[name] for name in ("DeviceStatus", "TOTAL_ENERGY")}
    server.answers[fronius.INVERTER] = said(night)
    assert measured("inverter", port).fields == {"energy_total_wh": 12345600.0, "status_code": 7}
    server.answers[fronius.INVERTER] = said({**DAY, "TOTAL_ENERGY": value(None, "Wh"), "PAC": value(717.3, "W")})
    assert "energy_total_wh" not in measured("inverter", port).fields


METER = {
    "PowerReal_P_Sum": -1250.5, "EnergyReal_WAC_Sum_Consumed": 991000, "EnergyReal_WAC_Sum_Produced": 4521000,
    "Voltage_AC_Phase_1": 230.0, "Frequency_Phase_Average": 50.0, "Enable": 1, "Meter_Location_Current": 0,
}  # fmt: skip


def test_a_meter_at_the_grid_and_one_that_counts_the_other_way(server: Inverter) -> None:
    server.answers[fronius.METER] = said(METER)
    port = server.server_address[1]
    plain = measured("meter", port).fields
    assert (plain["export_power_w"], plain["import_power_w"]) == (1250.5, 0.0)
    assert (plain["import_total_wh"], plain["export_total_wh"]) == (991000.0, 4521000.0)
    assert server.asked[-1] == {"Scope": "Device", "DeviceId": "0"}
    turned = measured("meter", port, meter_sign="export", number=2).fields
    assert (turned["import_power_w"], turned["export_power_w"]) == (1250.5, 0.0)
    assert (turned["import_total_wh"], turned["export_total_wh"]) == (4521000.0, 991000.0)
    assert server.asked[-1]["DeviceId"] == "1"


@pytest.mark.parametrize(("power", "charge", "discharge"), [(-900.5, 900.5, 0.0), (58.2, 0.0, 58.2)])
def test_a_battery_in_the_power_flow(server: Inverter, power: float, charge: float, discharge: float) -> None:
    server.answers[fronius.FLOW] = said({"Site": {"P_Akku": power}, "Inverters": {"1": {"SOC": 99, "P": 1}}})
    assert measured("battery", server.server_address[1]).fields == {
        "charge_power_w": charge, "discharge_power_w": discharge, "soc_pct": 99.0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "status", "error", "word"),
    [
        (said({}, 12, "LNRequestTimeout"), 200, DeviceError, "state 12, LNRequestTimeout"),
        (said({}), 200, NothingMeasuredError, "states nothing"),
        (said({"DeviceStatus": {"StatusCode": 3}}), 200, NothingMeasuredError, "measures nothing"),
        (b"<html>", 200, DeviceError, "no JSON"),
        (b"[]", 200, DeviceError, "no JSON object"),
        (b"[" * 100_000, 200, DeviceError, "no JSON"),
        (b"", 404, DeviceError, "HTTP 404"),
        (b"x" * (http.LONGEST_BYTES + 1), 200, DeviceError, "longer than 1 MiB"),
    ],
)
def test_what_is_no_measurement_is_a_device_error(
    server: Inverter, answer: bytes, status: int, error: type[DeviceError], word: str
) -> None:
    server.answers[fronius.INVERTER], server.status = answer, status
    with pytest.raises(error, match=word):
        measured("inverter", server.server_address[1])


def test_one_that_is_slow_or_away_is_waited_for_briefly(server: Inverter) -> None:
    server.answers[fronius.INVERTER], server.slow = said(DAY), 3.0
    with pytest.raises(NoAnswerError, match=r"within 0\.3 s"):
        measured("inverter", server.server_address[1], timeout_seconds=0.3)
    with pytest.raises(NoConnectionError, match="is the device on"):
        measured("inverter", free_port())


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
        st.sampled_from([*DAY, *METER, "Value", "Site", "P_Akku", "Inverters", "1", "SOC", "StatusCode"]), inner,
        max_size=6,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*DAY, *METER, "Site", "Inverters"]), anything, max_size=8))
def test_any_data_make_a_reading_or_none(data: dict[str, Any]) -> None:
    whose = {"schema": 1, "installation_id": "x", "device_id": "y", "source": "z", "time": "2026-07-01T12:00:00Z"}
    for kind, fields in (
        ("inverter", fronius.inverter(data)),
        ("meter", fronius.meter(data, "import")),
        ("battery", fronius.battery(data, 1)),
    ):
        try:
            found = measurement("x", fields)
        except NothingMeasuredError:
            continue
        record = json.dumps({**whose, "device_kind": kind, **found.fields}).encode()
        TOPICS["readings"].parse(record, datetime(2026, 7, 1, 12, 1, tzinfo=timezone.utc))
