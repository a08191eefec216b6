"""SUN2000 registers, hand-made from the interface definitions, and mapped registers of any device."""

from __future__ import annotations

import asyncio

import pytest

from ingest.devices import huawei
from ingest.devices.modbus import Link
from ingest.devices.register_map import MappedDevice, RegisterMapConnection
from ingest.devices.registers import words
from tests.support.peers.modbus_device import free_port, serving


def registers_at(start: int, length: int, **values: list[int]) -> list[int]:
    registers = [0] * length
    for address, found in values.items():
        at = int(address[1:]) - start
        registers[at : at + len(found)] = found
    return registers


def test_an_inverter() -> None:
    registers = registers_at(
        32064, 44, a32064=words(5150, "int32"), a32069=[2301], a32072=words(22345, "int32"),
        a32080=words(5000, "int32"), a32085=[5001], a32089=[512], a32106=words(1234567, "uint32"),
    )  # fmt: skip
    assert huawei.decode("inverter", 32064, registers) == {
        "dc_power_w": 5150.0,
        "voltage_v": 230.1,
        "current_a": 22.345,
        "ac_power_w": 5000.0,
        "frequency_hz": 50.01,
        "status_code": 512,
        "energy_total_wh": 12345670.0,
    }


def test_invalid_values_are_left_out() -> None:
    registers = registers_at(37113, 10, a37113=[0x7FFF, 0xFFFF], a37119=words(5, "int32"), a37121=[0x7FFF, 0xFFFF])
    assert huawei.decode("meter", 37113, registers) == {"export_total_wh": 50.0}


@pytest.mark.parametrize(("power", "charge", "discharge"), [(1500, 1500.0, 0.0), (-700, 0.0, 700.0)])
def test_a_batterys_direction(power: int, charge: float, discharge: float) -> None:
    registers = registers_at(37760, 24, a37760=[805], a37765=words(power, "int32"), a37780=words(3, "uint32"))
    fields = huawei.decode("battery", 37760, registers)
    assert (fields["charge_power_w"], fields["discharge_power_w"]) == (charge, discharge)
    assert fields["soc_pct"] == 80.5


def test_mapped_registers_with_the_low_word_first() -> None:
    connection = RegisterMapConnection.model_validate(
        {
            "protocol": "registers-tcp",
            "host": "127.0.0.1",
            "unit": 71,
            "word_order": "little",
            "registers": {
                "ac_power_w": {"address": 172, "type": "float32"},
                "energy_total_wh": {"address": 320, "type": "float32", "factor": 1000},
            },
        }
    )

    async def scenario() -> None:
        port = free_port()
        image = [0] * 200
        image[0:2], image[148:150] = words(2500.5, "float32", True), words(12.5, "float32", True)
        async with serving({71: (172, image)}, port):
            measured = await MappedDevice(Link("127.0.0.1", port), connection).measure()
        assert measured.fields == {"ac_power_w": 2500.5, "energy_total_wh": 12500.0}

    asyncio.run(scenario())
