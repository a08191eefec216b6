"""Register images of the demo's devices: mark, common model 1, clock 122, then inverter 103 or meter 203.

The clock comes first, so that it and all measured values fit into one read of 125 registers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from ingest.devices.registers import NOT_IMPLEMENTED, RegisterType, words
from ingest.devices.sunspec_models import CLOCK, EPOCH, LAYOUTS, MARK, Point
from ingest.simulator.unset import unset

BASE = 40000
COMMON, COMMON_LENGTH = 1, 66
CLOCK_LENGTH = 44
CLOCK_ADDRESS = BASE + len(MARK) + COMMON_LENGTH + 2
TIME_ADDRESS = CLOCK_ADDRESS + 41
MAIN_ADDRESS = CLOCK_ADDRESS + CLOCK_LENGTH + 2
EXPONENTS = {"energy": -2, "power": 0, "voltage_v": -1, "current_a": -2, "frequency_hz": -2}
"""Powers have exponent 0, registers of energy count hundredths of a watt-hour."""


class Shape(NamedTuple):
    """A device's model, its length without ID and L, and the exponents of what it measures."""

    model: int
    length: int
    exponents: Mapping[str, int] = EXPONENTS

    def exponent(self, name: str) -> int:
        """The exponent of the point ``name``."""
        kind = "energy" if name.endswith("_total_wh") else "power" if name.endswith("power_w") else name
        return self.exponents.get(kind, 0)


INVERTER, METER = Shape(103, 50), Shape(203, 105)


def blank(shape: Shape, serial: str) -> list[int]:
    """All registers of a device from :data:`BASE` on, its measured values not implemented yet."""
    common = [*_text("Solera", 16), *_text("Simulated home", 16), *_text("", 8), *_text("1", 8)]
    common += [*_text(serial, 16), 1, NOT_IMPLEMENTED["sunssf"] & 0xFFFF]
    return [
        *MARK,
        *(COMMON, COMMON_LENGTH, *common),
        *(CLOCK, CLOCK_LENGTH, *unset(CLOCK)),
        *(shape.model, shape.length, *_with_scales(shape, unset(shape.model))),
        *(0xFFFF, 0),
    ]


def _with_scales(shape: Shape, payload: list[int]) -> list[int]:
    """``payload`` with the scale factors of the values that are measured."""
    for name, point in LAYOUTS[shape.model].items():
        if point.scale is not None:
            payload[point.scale - 2] = words(shape.exponent(name), "sunssf")[0]
    return payload


def write(registers: list[int], shape: Shape, instant: datetime, values: Mapping[str, float]) -> None:
    """Put ``instant`` (UTC) and ``values``, named as in ``sunspec_models.LAYOUTS``, into ``registers``."""
    _put(registers, TIME_ADDRESS, "uint32", int((instant - EPOCH).total_seconds()))
    for name, value in values.items():
        point: Point = LAYOUTS[shape.model][name]
        raw = round(value * 10 ** -shape.exponent(name)) if point.scale is not None else round(value)
        # A 32-bit accumulator rolls over, as real ones do.
        _put(registers, MAIN_ADDRESS + point.offset, point.kind, raw % 2**32 if point.kind == "acc32" else raw)


def _put(registers: list[int], address: int, kind: RegisterType, value: int) -> None:
    raw = words(value, kind)
    registers[address - BASE : address - BASE + len(raw)] = raw


def _text(value: str, length: int) -> list[int]:
    raw = value.encode().ljust(length * 2, b"\0")[: length * 2]
    return [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]
