"""The count of a register: the least amount by which it moves, as its values show it."""

from __future__ import annotations

from collections.abc import Iterable

COUNTS = (1_000_000, 100_000, 10_000, 1_000)
"""Resolutions of registers in mWh: 1 kWh, 100 Wh, 10 Wh, 1 Wh."""
COARSE = (10_000_000, 1_000_000, 100_000, 10_000)
"""Counts (mWh), 10 kWh to 10 Wh, between two of which a register does not tell a quarter-hour's energy."""


def coarse_count(values: Iterable[int]) -> int:
    """The coarsest of :data:`COARSE` that all ``values`` but 0 are multiples of; 0 if there is none."""
    some = {value for value in values if value}
    return next((count for count in COARSE if some and all(value % count == 0 for value in some)), 0)


def count_of(*values: int) -> int:
    """The coarsest resolution (mWh) that all ``values`` are multiples of, at least 1 Wh."""
    return next((count for count in COUNTS if all(value % count == 0 for value in values)), COUNTS[-1])
