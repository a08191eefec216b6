"""The plain case: a register that only rises, as much as capacity and power allow.

Nearly all data are plain, so this is quick. It gives up at the first doubt, and ``energy.stretches`` judges the samples
thoroughly; on plain samples both give the same portions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TypeGuard

from energy.rows import QUARTER_US
from energy.settle import STUCK_MWH
from energy.shares import by_power, by_time
from energy.stretches import LONG_STEP_US, Portion, bounded
from energy.trace import GAP_US, HEADROOM, MW_US, SLACK_US, SPARE_MWH, SPARE_POWER, count_of, most_in

Column = Sequence[int | None]
Shares = list[tuple[int, int, int]]
_STANDING = MW_US * STUCK_MWH


def plain_portions(
    times: Sequence[int], register: Column, power: Column, capacity_w: float | None, bridge_us: int
) -> dict[int, Portion] | None:
    """Portions by quarter-hour, or None if anything is in doubt. Units as in :class:`energy.trace.Trace`."""
    capacity = None if capacity_w is None else round(capacity_w * 1000 * HEADROOM)
    if not times or not _is_whole(register) or not _is_plain(times, register, power, capacity):
        return None
    return _totals(times, register, power, capacity, bridge_us)


def _is_whole(column: Column) -> TypeGuard[Sequence[int]]:
    return None not in column


def _is_plain(times: Sequence[int], register: Sequence[int], power: Column, capacity: int | None) -> bool:
    t0, r0, p0 = times[0], register[0], power[0]
    standing = 0
    for t1, r1, p1 in zip(times, register, power, strict=True):
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
            if standing > _STANDING and standing > 3 * MW_US * count_of(r0):
                return False
        t0, r0, p0 = t1, r1, p1
    return True


def _totals(
    times: Sequence[int], register: Sequence[int], power: Column, capacity: int | None, bridge_us: int
) -> dict[int, Portion]:
    """Whole runs within a quarter-hour by their ends, steps across its edges shared, long steps with their bounds."""
    sums: dict[int, tuple[int, int]] = {}
    gaps: list[Shares] = []
    begun = last = 0
    edge = times[0] - times[0] % QUARTER_US + QUARTER_US
    for here, time in enumerate(times):
        if time > edge:
            _add(sums, [(edge - QUARTER_US, register[last] - register[begun], times[last] - times[begun])])
            step, span = register[here] - register[last], time - times[last]
            shares = _shared(step, times[last], time, power[last], power[here])
            if span <= bridge_us:
                if span > LONG_STEP_US and step:
                    gaps.append(shares)
                else:
                    _add(sums, shares)
            edge = time + -time % QUARTER_US
            begun = here
        last = here
    _add(sums, [(edge - QUARTER_US, register[last] - register[begun], times[last] - times[begun])])
    found = {period: Portion(mwh, us, "measured", mwh, mwh) for period, (mwh, us) in sums.items()}
    for shares in gaps:
        step = sum(mwh for _, mwh, _ in shares)
        for period, portion in bounded(shares, step, step, partial(most_in, capacity)):
            held = found.get(period)
            found[period] = portion if held is None else held.plus(portion)
    return found


def _add(sums: dict[int, tuple[int, int]], shares: Shares) -> None:
    for period, mwh, us in shares:
        if us:
            held_mwh, held_us = sums.get(period, (0, 0))
            sums[period] = held_mwh + mwh, held_us + us


def _shared(step: int, t0: int, t1: int, p0: int | None, p1: int | None) -> Shares:
    if p0 is None or p1 is None or t1 - t0 > GAP_US:
        return list(by_time(step, t0, t1))
    return list(by_power(step, (t0, t1), (p0, p1)))
