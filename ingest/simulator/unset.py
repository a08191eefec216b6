"""SunSpec models whose points are all not implemented: a real device's answer for quantities it does not measure."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[int, ...]] = {
    "int16": (0x8000,), "uint16": (0xFFFF,), "enum16": (0xFFFF,), "bitfield16": (0xFFFF,), "sunssf": (0x8000,),
    "uint32": (0xFFFF, 0xFFFF), "bitfield32": (0xFFFF, 0xFFFF), "acc32": (0, 0), "acc64": (0, 0, 0, 0),
    "string8": (0, 0, 0, 0),
}  # fmt: skip
"""Words of "not implemented" by type of point."""
POINTS: Mapping[int, tuple[tuple[str, int], ...]] = {
    103: (
        ("uint16", 4), ("sunssf", 1), ("uint16", 6), ("sunssf", 1), ("int16", 1), ("sunssf", 1), ("uint16", 1),
        ("sunssf", 1), ("int16", 1), ("sunssf", 1), ("int16", 1), ("sunssf", 1), ("int16", 1), ("sunssf", 1),
        ("acc32", 1), ("sunssf", 1), ("uint16", 1), ("sunssf", 1), ("uint16", 1), ("sunssf", 1), ("int16", 1),
        ("sunssf", 1), ("int16", 4), ("sunssf", 1), ("enum16", 2), ("bitfield32", 6),
    ),
    122: (
        ("bitfield16", 3), ("acc64", 6), ("int16", 1), ("sunssf", 1), ("uint16", 1), ("sunssf", 1),
        ("bitfield32", 2), ("string8", 1), ("uint32", 1), ("bitfield16", 1), ("uint16", 1), ("sunssf", 1),
    ),
    203: (
        ("int16", 4), ("sunssf", 1), ("int16", 8), ("sunssf", 1), ("int16", 1), ("sunssf", 1), ("int16", 4),
        ("sunssf", 1), ("int16", 4), ("sunssf", 1), ("int16", 4), ("sunssf", 1), ("int16", 4), ("sunssf", 1),
        ("acc32", 8), ("sunssf", 1), ("acc32", 8), ("sunssf", 1), ("acc32", 16), ("sunssf", 1), ("bitfield32", 1),
    ),
}  # fmt: skip
"""Types of each model's points in their order, without ID and length, and how many follow each other."""


def unset(model: int) -> list[int]:
    """The model's words behind its length."""
    return [word for kind, count in POINTS[model] for word in WORDS[kind] * count]
