"""Victron GX from a real Modbus server on this machine: its system and its services, values it lacks and refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from ingest.devices import victron
from ingest.devices.device import Measurement, NothingMeasuredError, RefusedError
from ingest.devices.modbus import Link
from ingest.devices.registers import words
from ingest.devices.victron import VictronConnection
from tests.support.peers.modbus_device import free_port, serving


def measured(kind: str, unit: int, registers: Mapping[int, list[int]], start: int, length: int) -> Measurement:
    """What a device of ``kind`` reads of a GX whose ``unit`` has those registers from ``start`` on."""
    image = [0] * length
    for address, found in registers.items():
        image[address - start : address - start + len(found)] = found

    async def scenario() -> Measurement:
        port = free_port()
        described: dict[str, Any] = {"protocol": "victron-tcp", "host": "127.0.0.1", "port": port, "unit": unit}
        async with serving({unit: (start, image)}, port):
            link = Link("127.0.0.1", port)
            try:
                return await VictronConnection.model_validate(described).open(link, kind).measure()
            finally:
                link.close()

    return asyncio.run(scenario())


def test_the_system_states_powers() -> None:
    registers = {808: [100, 200, 300], 811: [10, 0, 0], 814: [0xFFFF] * 3, 820: [*words(-500, "int16"), 100, 50],
                 840: [521], 841: words(-103, "int16"), 842: words(-540, "int16"), 843: [77], 850: [900]}  # fmt: skip
    assert measured("inverter", 100, registers, 800, 60).fields == {"ac_power_w": 1510.0, "dc_power_w": 900.0}
    assert measured("meter", 100, registers, 800, 60).fields == {"import_power_w": 0.0, "export_power_w": 350.0}
    assert measured("battery", 100, registers, 800, 60).fields == {
        "voltage_v": 52.1, "current_a": -10.3, "charge_power_w": 0.0, "discharge_power_w": 540.0, "soc_pct": 77.0
    }  # fmt: skip


def test_services_have_registers_of_energy() -> None:
    grid = {2600: words(700, "int16") + words(-100, "int16") + [0x7FFF], 2616: [2301],
            2634: words(123456, "uint32"), 2636: words(654, "uint32")}  # fmt: skip
    assert measured("meter", 30, grid, 2600, 60).fields == {
        "import_power_w": 600.0, "export_power_w": 0.0, "voltage_v": 230.1,
        "import_total_wh": 1234560.0, "export_total_wh": 6540.0,
    }  # fmt: skip
    sun = {1027: [2299], 1046: words(100, "uint32") + words(200, "uint32") + words(0, "uint32"),
           1052: words(4200, "int32")}  # fmt: skip
    assert measured("inverter", 20, sun, 1020, 60).fields == {
        "ac_power_w": 4200.0, "voltage_v": 229.9, "energy_total_wh": 3000.0
    }  # fmt: skip
    cells = {258: words(-250, "int16"), 259: [5123], 261: words(-48, "int16"), 266: [805], 301: [120], 302: [133]}
    assert measured("battery", 225, cells, 250, 60).fields == {
        "charge_power_w": 0.0, "discharge_power_w": 250.0, "voltage_v": 51.23, "current_a": -4.8, "soc_pct": 80.5,
        "discharge_total_wh": 12000.0, "charge_total_wh": 13300.0,
    }  # fmt: skip


def test_a_value_that_is_refused_costs_itself() -> None:
    short = {820: [100, 0, 0]}
    found = measured("inverter", 100, {808: [5] * 9}, 800, 30)  # no register 850
    assert found.fields == {"ac_power_w": 45.0}
    assert len(found.faults) == 1
    with pytest.raises(RefusedError):
        measured("battery", 100, short, 800, 30)


def test_a_gx_without_a_grid_meter_measures_nothing_of_it() -> None:
    with pytest.raises(NothingMeasuredError):
        measured("meter", 100, {820: [0x7FFF] * 3}, 800, 60)


def test_every_part_fits_into_a_request_and_names_fields_of_a_reading() -> None:
    for parts in (victron.SYSTEM, victron.SERVICE):
        assert set(parts) == set(VictronConnection.kinds)
        assert all(each.words <= 18 for part in parts.values() for values in part.values() for each in values)
