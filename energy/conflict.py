"""Two records of one thing with different values: the one rule, the same in both layers.

The rule is Cassandra's own for two cells of equal write time: field by field the value with the greater bytes,
compared as unsigned big-endian, wins. So a negative number beats a positive one and the more negative the more;
among positive numbers the greater wins; texts compare by their UTF-8 bytes. A field that only one record has is
kept. The rule knows no order of arrival and repeating it changes nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_DOUBLE = struct.Struct(">d")
_BIGINT = struct.Struct(">q")


def merge(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any]:
    """One record out of two of the same key, field by field the greater bytes; absent and None are alike."""
    merged = {name: value for name, value in a.items() if value is not None}
    for name, value in b.items():
        if value is None:
            continue
        other = merged.get(name)
        if other is None or _bytes(value) > _bytes(other):
            merged[name] = value
    return merged


def adds(held: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether ``new`` would change what is ``held``; a record that does not is a duplicate."""
    for name, value in new.items():
        if value is None:
            continue
        other = held.get(name)
        if other is None or _bytes(value) > _bytes(other):
            return True
    return False


def greater(a: float, b: float) -> float:
    """The one of two numbers that wins by the rule."""
    return a if _DOUBLE.pack(a) >= _DOUBLE.pack(b) else b


def _bytes(value: Any) -> bytes:
    if isinstance(value, float):
        return _DOUBLE.pack(value)
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, datetime):
        return _BIGINT.pack(round(value.timestamp() * 1000))
    return _BIGINT.pack(value)
