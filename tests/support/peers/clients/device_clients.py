"""fronius-modbus and huawei-solar: ``device_clients.py NAME PORT UNIT…`` prints each unit's values."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

HUAWEI = {
    "inverter": ("input_power", "phase_A_voltage", "phase_A_current", "active_power", "grid_frequency",
                 "accumulated_yield_energy"),
    "meter": ("power_meter_active_power", "grid_exported_energy", "grid_accumulated_energy"),
    "battery": ("storage_state_of_capacity", "storage_charge_discharge_power", "storage_total_charge",
                "storage_total_discharge"),
}  # fmt: skip
FRONIUS = ("ac_power", "energy_total", "dc_power", "voltage_phase_1", "ac_current", "frequency")


async def fronius(port: int, units: list[int]) -> Any:
    """Inverters of SunSpec's models, as a Fronius is read."""
    from fronius_modbus import FroniusModbusInverter  # type: ignore[import-not-found]
    from modbus_connection.tmodbus import connect_tcp  # type: ignore[import-not-found]

    connection = await connect_tcp("127.0.0.1", port=port)
    said = []
    for unit in units:
        inverter = FroniusModbusInverter(connection.for_unit(unit))
        await inverter.discover()
        await inverter.async_update()
        said.append({name: getattr(inverter.inverter, name) for name in FRONIUS})
    await connection.close()
    return said


async def huawei(port: int, units: list[int]) -> Any:
    """A SUN2000's registers, with those of the meter and the battery behind it."""
    from huawei_solar import create_tcp_client  # type: ignore[import-not-found]

    client = create_tcp_client("127.0.0.1", port, wait_after_connect=0, wait_between_requests=0)
    await client.connect()
    said = []
    for unit in units:
        asked = client.for_unit_id(unit)
        said.append({name: (await asked.get(name)).value for names in HUAWEI.values() for name in names})
    await client.disconnect()
    return said


if __name__ == "__main__":
    answers = {"fronius": fronius, "huawei": huawei}[sys.argv[1]](int(sys.argv[2]), list(map(int, sys.argv[3:])))
    print(json.dumps(asyncio.run(answers)))
