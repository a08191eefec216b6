"""The count of a register, the least amount by which it moves as its values show it, and where it wraps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

COUNTS = (1_000_000, 100_000, 10_000, 1_000)
"""Resolutions of registers in mWh: 1 kWh, 100 Wh, 10 Wh, 1 Wh."""
COARSE = (10_000_000, 1_000_000, 100_000, 10_000)
"""Counts (mWh), 10 kWh to 10 Wh, between two of which a register does not tell a quarter-hour's energy."""

SCALES = (100, 1_000, 10_000, 100_000, 1_000_000)
"""Resolutions (mWh) of registers that wrap: 0.1 Wh to 1 kWh."""
MODULI = sorted(
    [(bits * scale, scale) for bits in (2**16, 2**32) for scale in SCALES]
    + [(10**digits * 1_000, 1_000) for digits in (8, 9)]
)
"""Values (mWh) at which registers wrap, and their resolution: 16 and 32 bits of each, meters of 5 and 6 digits."""
DECIMALS = (10, 100, 1000)
"""Factors by which a register may be too small for a while: decimal places are lost, or kWh are written for Wh."""
ALL_ONES = frozenset(modulus - scale for modulus, scale in MODULI)
"""The greatest values (mWh) that registers can hold: devices send them for no value."""


def coarse_count(values: Iterable[int]) -> int:
    """The coarsest of :data:`COARSE` that all ``values`` but 0 are multiples of; 0 if there is none."""
    some = {value for value in values if value}
    return next((count for count in COARSE if some and all(value % count == 0 for value in some)), 0)


def count_of(*values: int) -> int:
    """The coarsest resolution (mWh) that all ``values`` are multiples of, at least 1 Wh."""
    return next((count for count in COUNTS if all(value % count == 0 for value in values)), COUNTS[-1])


def restored(values: Sequence[int]) -> list[int]:
    """``values`` where some in a row have lost decimal places, with these: they fall to them, and rise again as much.

    Where so restored they would not go on from the value before to the one after, they stay as they are.
    """
    found = list(values)
    for at in range(1, len(found)):
        if found[at] >= found[at - 1]:
            continue
        by = next((by for by in DECIMALS if found[at - 1] <= by * found[at]), None)
        if by is None:
            continue
        end = at + 1
        while end < len(found) and found[end - 1] <= found[end] < by * found[end - 1]:
            end += 1
        if end < len(found) and found[end] >= by * found[end - 1]:
            found[at:end] = [by * value for value in found[at:end]]
    return found
