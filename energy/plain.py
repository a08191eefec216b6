"""The plain case, in one pass: a register that only rises, as much as capacity and power allow.

Nearly all data are plain. The pass gives up at the first doubt, and ``energy.stretches`` does the whole again; on
plain samples both give the same portions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from energy.rows import QUARTER_US
from energy.settle import STUCK_MWH
from energy.shares import by_power, by_time
from energy.stretches import LONG_STEP_US, Portion, bounded
from energy.trace import GAP_US, HEADROOM, MW_US, SLACK_US, SPARE_MWH, SPARE_POWER, count_of, most_in


def plain(
    times: Sequence[int],
    register: Sequence[int | None],
    power: Sequence[int | None],
    capacity_w: float | None,
    bridge_us: int,
    found: dict[int, Portion],
) -> bool:
    """Add the portions to ``found``; False, with ``found`` unfinished, if anything is in doubt."""
    if len(times) < 2 or register[0] is None:
        return False
    capacity = None if capacity_w is None else round(capacity_w * 1000 * HEADROOM)
    standing_limit = MW_US * STUCK_MWH
    t0, r0, p0 = times[0], register[0], power[0]
    edge = t0 - t0 % QUARTER_US + QUARTER_US
    begun, began_at, standing = r0, t0, 0
    sums: dict[int, list[int]] = {}
    gaps: list[tuple[list[tuple[int, int, int]], int]] = []

    def add(period: int, mwh: int, us: int) -> None:
        held = sums.setdefault(period, [0, 0])
        held[0] += mwh
        held[1] += us

    for t1, r1, p1 in zip(times, register, power, strict=True):
        if r1 is None:
            return False
        span, step = t1 - t0, r1 - r0
        if step < 0:
            return False
        if step:
            standing = 0
            if capacity is not None:
                beyond = step - capacity * (span + SLACK_US) // MW_US
            elif p0 is not None and p1 is not None and span <= GAP_US:
                beyond = step - SPARE_MWH - SPARE_POWER * max(p0, p1) * (span + SLACK_US) // MW_US
            else:
                beyond = 0
            if beyond > 0 and beyond > 2 * count_of(r0, r1):
                return False
        elif p0 and p1 and span <= GAP_US:
            standing += min(p0, p1) * span
            if standing > standing_limit and standing > 3 * MW_US * count_of(r0):
                return False
        if t1 > edge:
            add(edge - QUARTER_US, r0 - begun, t0 - began_at)
            shares = _shared(step, t0, t1, p0, p1)
            if span > LONG_STEP_US and step:
                gaps.append((shares, span))
            elif span <= bridge_us:
                for period, mwh, us in shares:
                    add(period, mwh, us)
            edge = t1 - t1 % QUARTER_US + (QUARTER_US if t1 % QUARTER_US else 0)
            begun, began_at = r1, t1
        t0, r0, p0 = t1, r1, p1
    add(edge - QUARTER_US, r0 - begun, t0 - began_at)
    for period, (mwh, us) in sums.items():
        if us:
            found[period] = Portion(mwh, us, "measured", mwh, mwh)
    for shares, span in gaps:
        if span <= bridge_us:
            step = sum(mwh for _, mwh, _ in shares)
            for period, portion in bounded(shares, step, step, partial(most_in, capacity)):
                held = found.get(period)
                found[period] = portion if held is None else held.plus(portion)
    return True


def _shared(step: int, t0: int, t1: int, p0: int | None, p1: int | None) -> list[tuple[int, int, int]]:
    if p0 is None or p1 is None or t1 - t0 > GAP_US:
        return list(by_time(step, t0, t1))
    return list(by_power(step, (t0, t1), (p0, p1)))
