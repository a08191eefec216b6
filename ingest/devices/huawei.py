"""Huawei SUN2000: registers of the inverter, and of the meter and the battery that report through it.

Addresses and scales are those of Huawei's "Solar Inverter Modbus Interface Definitions". A register
without a value holds the greatest number of its type (i32: 2^31 - 1), not SunSpec's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from ingest.devices.modbus import Link, NothingMeasuredError
from ingest.devices.registers import RegisterType, number
from ingest.devices.sunspec import Measurement
from ingest.devices.sunspec_models import Fields

SETTLE_SECONDS = 1.0
"""The inverter ignores requests in the first second of a connection."""
Kind = Literal["inverter", "meter", "battery"]


class Value(NamedTuple):
    """A register and the number its raw value is divided by."""

    address: int
    kind: RegisterType
    divisor: float


INVALID: Mapping[str, int] = {
    "uint16": 0xFFFF,
    "uint32": 0xFFFFFFFF,
    "int16": 0x7FFF,
    "int32": 0x7FFFFFFF,
}
BLOCKS: Mapping[Kind, tuple[tuple[int, int], ...]] = {
    "inverter": ((32064, 44),),
    "meter": ((37113, 10),),
    "battery": ((37760, 24),),
}
VALUES: Mapping[Kind, Mapping[str, Value]] = {
    "inverter": {
        "dc_power_w": Value(32064, "int32", 1),
        "voltage_v": Value(32069, "uint16", 10),
        "current_a": Value(32072, "int32", 1000),
        "ac_power_w": Value(32080, "int32", 1),
        "frequency_hz": Value(32085, "uint16", 100),
        "status_code": Value(32089, "uint16", 1),
        "energy_total_wh": Value(32106, "uint32", 0.1),
    },
    "meter": {
        "power_w": Value(37113, "int32", 1),
        "export_total_wh": Value(37119, "int32", 0.1),
        "import_total_wh": Value(37121, "int32", 0.1),
    },
    "battery": {
        "soc_pct": Value(37760, "uint16", 10),
        "power_w": Value(37765, "int32", 1),
        "charge_total_wh": Value(37780, "uint32", 0.1),
        "discharge_total_wh": Value(37782, "uint32", 0.1),
    },
}
# A positive meter power is export, a positive battery power is charge.
_DIRECTIONS = {"meter": ("export_power_w", "import_power_w"), "battery": ("charge_power_w", "discharge_power_w")}


def decode(kind: Kind, start: int, registers: Sequence[int]) -> Fields:
    """Fields of a reading from ``registers``, the first of which has address ``start``."""
    fields: Fields = {}
    for name, value in VALUES[kind].items():
        raw = number(registers, value.address - start, value.kind)
        if raw is None or raw == INVALID[value.kind]:
            continue
        fields[name] = int(raw) if name == "status_code" else raw / value.divisor
    power = fields.pop("power_w", None)
    if isinstance(power, float):
        positive, negative = _DIRECTIONS[kind]
        fields[positive], fields[negative] = max(power, 0.0), max(-power, 0.0)
    return fields


class HuaweiDevice:
    """The ``kind`` part of the SUN2000 that is ``unit`` behind ``link``."""

    def __init__(self, link: Link, unit: int, kind: Kind) -> None:
        self._link, self._unit, self._kind = link, unit, kind

    async def measure(self) -> Measurement:
        """Read it once. Raises :class:`ingest.devices.modbus.DeviceError`."""
        fields: Fields = {}
        for start, length in BLOCKS[self._kind]:
            fields |= decode(self._kind, start, await self._link.read(self._unit, start, length))
        if not fields.keys() - {"status_code"}:
            raise NothingMeasuredError(f"{self._link}, unit {self._unit}: answers, but measures nothing")
        return Measurement(fields, None)
