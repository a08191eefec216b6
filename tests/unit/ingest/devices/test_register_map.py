"""Register maps: makers' "no value", signed powers, impossible values, and registers that fail one by one."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pymodbus.simulator import DataType, SimData, SimDevice

from energy.topics import TOPICS
from ingest.devices import device, modbus
from ingest.devices.device import DeviceError, Measurement, NothingMeasuredError
from ingest.devices.directed import OPPOSITE, signed
from ingest.devices.modbus import Link
from ingest.devices.ranges import measurement
from ingest.devices.register_map import GREATEST, RegisterMapConnection, mapped_fields
from ingest.devices.registers import words
from tests.support.peers.modbus_device import free_port, serving_devices
from tests.support.peers.modbus_peer import Peer, listening

TOTAL = {"import_total_wh": {"address": 12, "type": "uint32", "factor": 10}}


def connection(**registers: Any) -> RegisterMapConnection:
    described = {"protocol": "registers-tcp", "host": "127.0.0.1", "registers": registers}
    return RegisterMapConnection.model_validate(described)


def measured(memory: dict[int, int], registers: dict[str, Any], **faults: Any) -> Measurement:
    async def scenario() -> Measurement:
        async with listening(Peer(memory, **faults)) as port:
            link = Link("127.0.0.1", port)
            try:
                return await connection(**registers).open(link, "meter").measure()
            finally:
                link.close()

    return asyncio.run(scenario())


@pytest.mark.parametrize("kind", sorted(GREATEST))
def test_the_greatest_signed_number_is_no_value(kind: Any) -> None:
    memory = dict(enumerate(words(GREATEST[kind], kind), start=20)) | {12: 3, 13: 9}
    found = measured(memory, {"import_power_w": {"address": 20, "type": kind}, **TOTAL})
    assert found.fields == {"import_total_wh": 1_966_170.0}


def test_a_makers_own_no_value_is_none() -> None:
    registers = {"soc_pct": {"address": 5, "type": "uint16", "factor": 0.1, "no_value": [6553, 999]}, **TOTAL}
    found = measured({5: 999, 12: 3, 13: 9}, registers)
    assert found.fields == {"import_total_wh": 1_966_170.0}
    assert found.faults == ()
    assert measured({5: 805, 12: 3, 13: 9}, registers).fields["soc_pct"] == pytest.approx(80.5)


@pytest.mark.parametrize(
    ("field", "opposite"),
    [("import_power_w", "export_power_w"), ("export_power_w", "import_power_w"),
     ("charge_power_w", "discharge_power_w"), ("discharge_power_w", "charge_power_w")],
)  # fmt: skip
@pytest.mark.parametrize("power", [-420, 0, 420])
def test_a_signed_power_is_two_positive_ones(field: str, opposite: str, power: int) -> None:
    found = measured({10: power & 0xFFFF}, {field: {"address": 10, "type": "int16"}})
    assert found.fields == {field: max(0.0, power), opposite: max(0.0, -power)}


@pytest.mark.parametrize("field", OPPOSITE)
@given(st.floats(allow_nan=False) | st.just(-0.0))
def test_no_direction_of_a_power_is_below_zero(field: str, power: float) -> None:
    found = signed(field, power)
    assert found == {field: abs(power) if power > 0 else 0.0, OPPOSITE[field]: abs(power) if power < 0 else 0.0}
    assert all(math.copysign(1.0, float(value)) == 1.0 for value in found.values())


def test_a_power_with_a_register_for_each_direction_is_not_turned_round() -> None:
    registers = {"import_power_w": {"address": 10, "type": "int16"}, "export_power_w": {"address": 11, "type": "int16"}}
    found = measured({10: -5 & 0xFFFF, 11: 300}, registers)
    assert found.fields == {"export_power_w": 300.0}
    assert "import_power_w can't be -5" in found.faults[0]


@pytest.mark.parametrize(
    ("field", "kind", "value"),
    [("status_code", "int16", -5), ("voltage_v", "int16", -1), ("soc_pct", "uint16", 6553),
     ("frequency_hz", "int32", -9)],
)  # fmt: skip
def test_an_impossible_value_costs_its_field_and_is_said(field: str, kind: Any, value: int) -> None:
    memory = dict(enumerate(words(value, kind), start=20)) | {12: 3, 13: 9}
    found = measured(memory, {field: {"address": 20, "type": kind}, **TOTAL})
    assert found.fields == {"import_total_wh": 1_966_170.0}
    assert field in found.faults[0]


def test_a_refused_register_costs_its_field_and_is_said() -> None:
    registers = {"ac_power_w": {"address": 10, "type": "int16"}, "frequency_hz": {"address": 99, "type": "uint16"}}
    found = measured({10: 640}, registers)
    assert found.fields == {"ac_power_w": 640.0}
    assert "refused registers 99 to 99 (Modbus exception 2)" in found.faults[0]


def test_input_and_holding_registers_are_read_by_their_functions() -> None:
    kept = SimData(10, values=[0, 640], datatype=DataType.REGISTERS)
    measures = SimData(10, values=[231, 4999], datatype=DataType.REGISTERS)
    bits = SimData(10, values=False, datatype=DataType.BITS)
    apart = SimDevice(id=1, simdata=([bits], [bits], [kept], [measures]))
    registers = {
        "ac_power_w": {"address": 11, "type": "uint16", "function": 3},
        "voltage_v": {"address": 10, "type": "uint16"},
        "frequency_hz": {"address": 11, "type": "uint16", "factor": 0.01, "function": 4},
    }

    async def scenario(port: int) -> list[Measurement]:
        link = Link("127.0.0.1", port)
        found = []
        async with serving_devices([apart], port):
            for described in ({"function": 4}, {}):
                way = RegisterMapConnection.model_validate(connection(**registers).model_dump() | described)
                found.append(await way.open(link, "inverter").measure())
        link.close()
        return found

    by_input, by_holding = asyncio.run(scenario(free_port()))
    assert by_input.fields == {"ac_power_w": 640.0, "voltage_v": 231.0, "frequency_hz": pytest.approx(49.99)}
    assert by_holding.fields == by_input.fields | {"voltage_v": 0.0}


def test_a_device_that_answers_nothing_is_left_after_two_registers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "TIMEOUT_SECONDS", 0.05)
    peer = Peer({}, outside=None)
    registers = {
        name: {"address": n, "type": "int16"} for n, name in enumerate(("ac_power_w", "dc_power_w", "soc_pct"))
    }

    async def scenario() -> None:
        async with listening(peer) as port:
            with pytest.raises(DeviceError, match="no answer"):
                await connection(**registers).open(Link("127.0.0.1", port), "inverter").measure()

    asyncio.run(scenario())
    assert len(peer.requests) == 2 * modbus.TRIES


@pytest.mark.parametrize(
    "register",
    [
        pytest.param({"address": 65535, "type": "uint32"}, id="beyond the last register"),
        pytest.param({"address": 65536, "type": "uint16"}, id="no address"),
        pytest.param({"address": 1, "type": "uint16", "factor": float("nan")}, id="a factor that is no number"),
        pytest.param({"address": 1, "type": "uint16", "factor": float("inf")}, id="an infinite factor"),
        pytest.param({"address": 1, "type": "uint16", "sign": -1}, id="an unknown setting"),
        pytest.param({"address": 1, "type": "uint16", "function": 1}, id="a function of bits"),
        pytest.param({"address": 1, "type": "uint16", "function": 6}, id="a function that writes"),
    ],
)
def test_a_register_that_can_not_be_is_refused(register: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        connection(ac_power_w=register)


@given(
    st.dictionaries(
        st.sampled_from(["ac_power_w", "import_power_w", "energy_total_wh", "status_code", "soc_pct", "voltage_v"]),
        st.tuples(
            st.sampled_from(["int16", "uint16", "int32", "uint32", "float32", "int64", "uint64", "acc32"]),
            st.floats(allow_nan=False, allow_infinity=False),
            st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**64),
        ),
        min_size=1,
    )
)
def test_whatever_the_registers_hold_a_reading_is_accepted(drawn: dict[str, Any]) -> None:
    described = {name: {"address": 1, "type": kind, "factor": factor} for name, (kind, factor, _) in drawn.items()}
    raw = {name: value for name, (_, _, value) in drawn.items()}
    try:
        found = measurement("a meter", mapped_fields(connection(**described), raw))
    except NothingMeasuredError:
        return
    reading = {"installation_id": "i", "device_id": "d", "device_kind": "meter", **found.fields}
    TOPICS["readings"]._adapter.validate_python(reading | {"time": "2026-11-25T00:00:00Z"}, strict=False)
