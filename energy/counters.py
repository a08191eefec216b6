"""Registers as read, made into energy of quarter-hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from energy.rows import MWH, to_mwh, to_us
from energy.shares import by_time

BRIDGE = timedelta(hours=24)
"""The longest time between two samples over which a register's step is shared."""
CONTEXT = 8
"""Samples beyond the bridging one, on each side of a window, by which a doubtful one is judged."""
POWER_GAP = timedelta(hours=1)
"""The longest time between two powers over which power is integrated."""


class Portion(NamedTuple):
    """What is known of one register in one quarter-hour; energies in mWh, time covered in microseconds."""

    mwh: int
    covered: int
    method: str
    lower: int
    upper: int
    cause: str


def portions(
    samples: Iterable[tuple[datetime, float | None, float | None]], capacity_w: float | None = None
) -> dict[int, Portion]:
    """Energy by quarter-hour (its start in microseconds) of one register from (time, register Wh, power W)."""
    known = sorted({(to_us(time), to_mwh(wh)) for time, wh, _ in samples if wh is not None})
    found: dict[int, list[int]] = {}
    for (t0, r0), (t1, r1) in pairwise(known):
        span, step = t1 - t0, r1 - r0
        if step < 0 or not 0 < span <= BRIDGE // timedelta(microseconds=1):
            continue
        if capacity_w is not None and step > 1.5 * capacity_w * MWH * (span + 60_000_000) / 3.6e9:
            continue
        for period, mwh, covered in by_time(step, t0, t1):
            part = found.setdefault(period, [0, 0])
            part[0] += mwh
            part[1] += covered
    return {period: Portion(mwh, covered, "measured", mwh, mwh, "") for period, (mwh, covered) in found.items()}
