"""Devices of any values, read by the clients of others and by the gateway's."""

from __future__ import annotations

import asyncio
import random
import re
import subprocess
from collections.abc import Callable, Mapping
from typing import Any

from ingest.devices.directed import MeasuredField
from ingest.devices.huawei import HuaweiConnection, Kind
from ingest.devices.register_map import MappedRegister, RegisterMapConnection
from ingest.devices.registers import words
from ingest.devices.sunspec import SunSpecConnection
from ingest.simulator import image
from tests.support.peers.compared.asked import CLIENTS, Compared, beside, printed, said, together
from tests.support.peers.compared.images import huawei_image, sunspec_image
from tests.support.peers.modbus_device import free_port, serving

UNITS = range(1, 21)
Images = Mapping[int, tuple[int, list[int]]]
"""First register and the words from there, by unit."""
PYSUNSPEC: Mapping[int, Mapping[str, str]] = {
    103: {"ac_power_w": "W", "energy_total_wh": "WH", "dc_power_w": "DCW", "voltage_v": "PhVphA", "current_a": "A",
          "frequency_hz": "Hz"},
    203: {"power_w": "W", "export_total_wh": "TotWhExp", "import_total_wh": "TotWhImp", "voltage_v": "PhV",
          "current_a": "A", "frequency_hz": "Hz"},
}  # fmt: skip
"""By model what pysunspec2 calls our fields."""
FRONIUS = {"ac_power_w": "ac_power", "energy_total_wh": "energy_total", "dc_power_w": "dc_power",
           "voltage_v": "voltage_phase_1", "current_a": "ac_current", "frequency_hz": "frequency"}  # fmt: skip
HUAWEI: Mapping[Kind, Mapping[str, str]] = {
    "inverter": {"dc_power_w": "input_power", "voltage_v": "phase_A_voltage", "current_a": "phase_A_current",
                 "ac_power_w": "active_power", "frequency_hz": "grid_frequency",
                 "energy_total_wh": "accumulated_yield_energy"},
    "meter": {"power_w": "power_meter_active_power", "export_total_wh": "grid_exported_energy",
              "import_total_wh": "grid_accumulated_energy"},
    "battery": {"soc_pct": "storage_state_of_capacity", "power_w": "storage_charge_discharge_power",
                "charge_total_wh": "storage_total_charge", "discharge_total_wh": "storage_total_discharge"},
}  # fmt: skip
POSITIVE = {"inverter": "", "meter": "export_power_w", "battery": "charge_power_w"}
MAP: Mapping[MeasuredField, MappedRegister] = {
    "import_power_w": MappedRegister(address=100, type="int32"),
    "import_total_wh": MappedRegister(address=102, type="uint32"),
    "voltage_v": MappedRegister(address=104, type="float32"),
    "current_a": MappedRegister(address=106, type="int16"),
    "frequency_hz": MappedRegister(address=107, type="uint16"),
}
SIGNED = {"import_power_w": "power_w"}
DRAWN = {"import_power_w": (-10**6, 10**6), "import_total_wh": (0, 2**31 - 1), "voltage_v": (400, 500),
         "current_a": (-300, 300), "frequency_hz": (45, 65)}  # fmt: skip
"""From where to where the values of the map are."""


def pysunspec2(model: int, seed: int) -> Compared:
    """Inverters (model 103) or meters (203) of any scale factors."""
    images = _sunspec_images(seed, model)
    ours, theirs = _read(
        images, "inverter" if model == 103 else "meter", _sunspec,
        lambda port: said("sunspec2_client", port, model, *images),
    )  # fmt: skip
    return _beside(ours, theirs, PYSUNSPEC[model], "" if model == 103 else "import_power_w")


def fronius_modbus(seed: int) -> Compared:
    """Inverters as a Fronius states them, in whole numbers with scale factors."""
    images = _sunspec_images(seed, 103)
    ours, theirs = _read(images, "inverter", _sunspec, lambda port: said("device_clients", "fronius", port, *images))
    return _beside(ours, theirs, FRONIUS, "")


def huawei_solar(seed: int) -> Compared:
    """SUN2000 inverters, and the meters and batteries behind them; huawei-solar states kWh."""
    dice = random.Random(seed)
    images = {unit: huawei_image(dice) for unit in UNITS}
    found = []
    for kind, names in HUAWEI.items():
        ours, theirs = _read(images, kind, _huawei, lambda port: said("device_clients", "huawei", port, *images))
        found.append(_beside(ours, theirs, names, POSITIVE[kind], 1000.0))
    return together(found)


def mbpoll(seed: int) -> Compared:
    """A register map, read type by type by libmodbus."""

    def asked(port: int) -> list[dict[str, float]]:
        kinds = {"int32": "4:int", "uint32": "4:int", "float32": "4:float", "int16": "4", "uint16": "4"}
        values = {}
        for name, of in MAP.items():
            place = ["-0", "-r", str(of.address), "-c", "1", "-t", kinds[of.type], "-B", "-1"]
            command = ["mbpoll", "-m", "tcp", "-a", "1", "-p", str(port), *place, "127.0.0.1"]
            text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
            ((plain, negative),) = re.findall(r"^\[\d+\]:\s+(\S+)(?: \((-\d+)\))?", text, re.M)
            values[SIGNED.get(name, name)] = float(negative or plain)
        return [values]

    return _mapped(seed, asked)


def modbus_serial(seed: int) -> Compared:
    """The same by a client in JavaScript."""

    def asked(port: int) -> list[dict[str, float]]:
        values = printed("node", CLIENTS / "modbus_serial.js", port)
        return [{SIGNED.get(name, name): value for name, value in zip(MAP, values, strict=True)}]

    return _mapped(seed, asked)


def _mapped(seed: int, asked: Callable[[int], list[dict[str, float]]]) -> Compared:
    dice = random.Random(seed)
    registers = []
    for name, of in MAP.items():
        kind, (low, high) = of.type, DRAWN[name]
        # Halves are whole in 32 bits, and in the six digits that mbpoll prints.
        drawn = dice.randint(low, high)
        registers += words(drawn / 2 if kind == "float32" else drawn, kind)
    ours, theirs = _read({1: (100, registers)}, "meter", _map, asked)
    return _beside(
        ours, theirs, {name: name for name in (*MAP, "power_w") if name != "import_power_w"}, "import_power_w"
    )


def _read(
    images: Images, kind: str, described: Callable[[int, int], Any], asked: Callable[[int], Any]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What the gateway's clients and others read of the same devices."""
    port = free_port()

    async def read() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        async with serving(images, port):
            theirs = await asyncio.to_thread(asked, port)
            connections = [described(port, unit) for unit in images]
            link = connections[0].link()
            ours = [dict((await each.open(link, kind).measure()).fields) for each in connections]
            link.close()
        return ours, theirs

    return asyncio.run(read())


def _sunspec_images(seed: int, model: int) -> Images:
    dice = random.Random(seed)
    return {unit: (image.BASE, sunspec_image(dice, model)) for unit in UNITS}


def _sunspec(port: int, unit: int) -> SunSpecConnection:
    return SunSpecConnection(protocol="sunspec-tcp", host="127.0.0.1", port=port, unit=unit)


def _huawei(port: int, unit: int) -> HuaweiConnection:
    return HuaweiConnection(protocol="huawei-tcp", host="127.0.0.1", port=port, unit=unit)


def _map(port: int, unit: int) -> RegisterMapConnection:
    return RegisterMapConnection(protocol="registers-tcp", host="127.0.0.1", port=port, unit=unit, registers=MAP)


def _beside(
    ours: list[dict[str, Any]], theirs: list[dict[str, Any]], names: Mapping[str, str], positive: str, wh: float = 1.0
) -> Compared:
    """Unit by unit; ``names`` are theirs of our fields, ``positive`` is the direction of a power that they sign."""
    found = []
    for unit, (mine, them) in enumerate(zip(ours, theirs, strict=True), start=1):
        plain = {name: value / wh if name.endswith("_wh") else value for name, value in _signed(mine, positive).items()}
        found.append(beside(f"unit {unit}", plain, {field: them[name] for field, name in names.items()}))
    return together(found)


def _signed(fields: Mapping[str, Any], positive: str) -> dict[str, float]:
    """Our fields with a power of two directions under one name, as others have it."""
    plain = {name: value for name, value in fields.items() if name not in ("status", "status_code")}
    directions = [name for name in plain if positive and name.endswith("_power_w")]
    powers = [plain.pop(name) * (1 if name == positive else -1) for name in directions]
    return plain | ({"power_w": sum(powers)} if powers else {})
