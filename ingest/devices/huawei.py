"""Huawei SUN2000: registers of the inverter, and of the meter and the battery that report through it.

Addresses and scales are those of Huawei's "Solar Inverter Modbus Interface Definitions". A register
without a value holds the greatest number of its type (i32: 2^31 - 1), not SunSpec's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, NamedTuple, cast

from ingest.devices.device import Fields, Measurement, NothingMeasuredError, Port
from ingest.devices.directed import signed
from ingest.devices.modbus import Link
from ingest.devices.ranges import measurement
from ingest.devices.registers import INVALID, RegisterType, number
from ingest.devices.unit import ModbusConnection, Unit

SETTLE_SECONDS = 1.0
"""The inverter ignores requests in the first second of a connection."""
Kind = Literal["inverter", "meter", "battery"]


class Value(NamedTuple):
    """A register and the number its raw value is divided by."""

    address: int
    kind: RegisterType
    divisor: float


BLOCKS: Mapping[Kind, tuple[int, int]] = {"inverter": (32064, 44), "meter": (37100, 23), "battery": (37760, 24)}
"""First register and number of registers, read in one request."""
STATUS: Mapping[Kind, int] = {"meter": 37100, "battery": 37762}
OFFLINE = 0
"""Status of a meter or battery that is not there; its other registers then hold 0, which is no measurement."""
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
_POSITIVE = {"meter": "export_power_w", "battery": "charge_power_w"}
"""The field of a positive power, by kind of device."""


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
        fields |= signed(_POSITIVE[kind], power)
    return fields


class HuaweiConnection(ModbusConnection):
    """A Huawei SUN2000 inverter, or the meter or battery behind it (by the device's kind)."""

    kinds: ClassVar[tuple[str, ...]] = ("inverter", "meter", "battery")
    settle_seconds: ClassVar[float] = SETTLE_SECONDS

    protocol: Literal["huawei-tcp"]
    port: Port = 6607

    def open(self, link: Link, kind: str) -> HuaweiDevice:
        """The device of that kind over ``link``."""
        return HuaweiDevice(link, self, cast(Kind, kind))


class HuaweiDevice:
    """The ``kind`` part of the SUN2000 that ``connection`` describes."""

    def __init__(self, link: Link, connection: HuaweiConnection, kind: Kind) -> None:
        self._unit, self._kind = Unit(link, connection), kind

    async def measure(self) -> Measurement:
        """Read it once. Raises :class:`ingest.devices.device.DeviceError`."""
        start, length = BLOCKS[self._kind]
        registers = await self._unit.read(start, length)
        status = STATUS.get(self._kind)
        if status is not None and registers[status - start] == OFFLINE:
            raise NothingMeasuredError(f"{self._unit}: register {status} says that the {self._kind} is offline")
        return measurement(self._unit, decode(self._kind, start, registers))
