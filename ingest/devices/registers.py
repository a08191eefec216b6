"""Numbers from 16-bit Modbus registers, high word first unless said, and what a device writes for "no value".

The not-implemented values are those of the SunSpec Information Model Specification; ``None`` stands for
them. ``acc`` types accumulate and use 0 for it.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Literal

RegisterType = Literal[
    "int16", "uint16", "enum16", "acc16", "sunssf",
    "int32", "uint32", "acc32", "bitfield32", "float32",
    "int64", "uint64", "acc64", "float64",
]  # fmt: skip

_FORMATS: dict[str, str] = {
    "int16": ">h", "uint16": ">H", "enum16": ">H", "acc16": ">H", "sunssf": ">h",
    "int32": ">i", "uint32": ">I", "acc32": ">I", "bitfield32": ">I", "float32": ">f",
    "int64": ">q", "uint64": ">Q", "acc64": ">Q", "float64": ">d",
}  # fmt: skip
NOT_IMPLEMENTED: dict[str, int] = {
    "int16": -0x8000, "uint16": 0xFFFF, "enum16": 0xFFFF, "acc16": 0, "sunssf": -0x8000,
    "int32": -0x80000000, "uint32": 0xFFFFFFFF, "acc32": 0, "bitfield32": 0xFFFFFFFF,
    "int64": -0x8000000000000000, "uint64": 0xFFFFFFFFFFFFFFFF, "acc64": 0,
}  # fmt: skip
"""Raw values by which SunSpec devices say that there is none; a ``float32`` or ``float64`` is any NaN."""
INVALID: Mapping[str, int] = {"uint16": 0xFFFF, "int16": 0x7FFF, "uint32": 0xFFFFFFFF, "int32": 0x7FFFFFFF}
"""Raw values by which makers with registers of their own say it: the greatest number of the type."""


def width(kind: RegisterType) -> int:
    """Registers a value of ``kind`` takes."""
    return struct.calcsize(_FORMATS[kind]) // 2


def number(
    registers: Sequence[int], offset: int, kind: RegisterType, low_word_first: bool = False
) -> int | float | None:
    """The value at ``offset``, unscaled; None where the device says it has none, it is not finite, or the
    registers end before it."""
    words = registers[offset : offset + width(kind)]
    if len(words) < width(kind):
        return None
    if low_word_first:
        words = words[::-1]
    (value,) = struct.unpack(_FORMATS[kind], struct.pack(f">{len(words)}H", *words))
    if isinstance(value, float):
        return value + 0.0 if math.isfinite(value) else None  # no zero below zero
    return None if value == NOT_IMPLEMENTED[kind] else int(value)


def words(value: float, kind: RegisterType, low_word_first: bool = False) -> list[int]:
    """Registers that hold ``value``: the inverse of :func:`number`."""
    raw = struct.pack(_FORMATS[kind], value)
    split = [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]
    return split[::-1] if low_word_first else split


def scaled(raw: int | float | None, exponent: int | float | None) -> float | None:
    """``raw`` x 10^``exponent``; None where either is, or the exponent is not one SunSpec allows (-10 to 10).

    Dividing by a power of ten rounds once, so that 1 x 10^-1 is 0.1.
    """
    if raw is None or exponent is None or abs(exponent) > 10:
        return None
    exponent = int(exponent)
    return float(raw * 10**exponent) if exponent >= 0 else raw / 10**-exponent


def text(registers: Sequence[int]) -> str:
    """Text in ``registers``, two bytes each, up to the first NUL."""
    raw = b"".join(word.to_bytes(2, "big") for word in registers)
    return raw.split(b"\0", 1)[0].decode("utf-8", errors="replace").strip()
