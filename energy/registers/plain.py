"""Plain samples: they only rise, as much as capacity, power and pace allow, and hold no marker.

Whatever is plain here is believed on the full path, too, whatever samples come later.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from energy.registers.pace import (
    CONTEXT,
    FACTOR,
    HOUSEHOLD_MW,
    MW_US,
    REACH_US,
    SLACK_US,
    Move,
    is_of_pace,
    unquestioned,
    with_slack,
)
from energy.registers.power import GAP_US
from energy.registers.resolution import ALL_ONES, count_of
from energy.registers.samples import SPARE_MWH, SPARE_POWER
from energy.registers.standstill import CREEPS, STUCK_MWH

Column = Sequence[int | None]
Last = tuple[int, int, int | None]
"""Time, register and power of the sample before."""
_MARKERS = sorted(ALL_ONES)
_STANDING = MW_US * STUCK_MWH
_CREEPING = MW_US * CREEPS


class Columns(NamedTuple):
    """Samples in order: times in microseconds, registers in mWh, powers in mW."""

    times: Sequence[int]
    register: Sequence[int]
    power: Column


class Standing(NamedTuple):
    """The state of a register at its last sample: its last move, and the standstill since."""

    energy: int
    """Energy (mW * us) that the lesser of each two powers gave since the last move."""
    since: int
    """Time of the last move, or of the first sample; this and the rest are kept where no capacity is known."""
    samples: int = 0
    """Samples since."""
    move: Move = Move(0, 1)


def shows_marker(before: int, register: Sequence[int]) -> bool:
    """Whether a rising register comes to all ones otherwise than by counting; ``before`` is the value before it."""
    first, last = register[0], register[-1]
    for marker in _MARKERS[bisect_left(_MARKERS, first) :]:
        if marker > last:
            return False
        at = bisect_left(register, marker)
        held = register[at - 1] if at else before
        if register[at] == marker and marker - held > 2 * count_of(held, marker):
            return True
    return False


def plain_standing(last: Last, standing: Standing, columns: Columns, capacity: int | None) -> Standing | None:
    """The ``standing`` after the samples that follow the ``last``, or None where one is in doubt."""
    if not _is_credible(last[2], columns.power, capacity):
        return None
    if capacity is None:
        return _plain_by_pace(last, standing, columns)
    (t0, r0, p0), energy = last, standing.energy
    # What depends on the span alone is made anew only where the span changes.
    known, allowed = -1, 0
    for t1, r1, p1 in zip(*columns, strict=True):
        step, span = r1 - r0, t1 - t0
        if step > 0:
            if p0 and step * _CREEPING < p0 * span and p1:
                return None
            if span != known:
                known, allowed = span, capacity * (span + SLACK_US) // MW_US
            if step > allowed and step - allowed > 2 * count_of(r0, r1):
                return None
            energy = 0
        elif step < 0:
            return None
        elif p0 and p1 and span <= GAP_US:
            energy += min(p0, p1) * span
            if energy > _STANDING:
                return None
        t0, r0, p0 = t1, r1, p1
    return Standing(energy, standing.since, standing.samples, standing.move)


def _plain_by_pace(last: Last, standing: Standing, columns: Columns) -> Standing | None:
    """The same where no capacity is known: the last move is the evidence of the next one's pace."""
    (t0, r0, p0), (energy, since, samples, (mwh, time)) = last, standing
    known, free = -1, 0
    for t1, r1, p1 in zip(*columns, strict=True):
        step, span = r1 - r0, t1 - t0
        if step > 0:
            if p0 and step * _CREEPING < p0 * span and p1:
                return None
            if span != known:
                known, free = span, unquestioned(span + SLACK_US)
            if step > free:
                is_near = samples < CONTEXT and t0 - since + time <= REACH_US
                is_slow = mwh <= FACTOR * FACTOR * unquestioned(time)  # a faster one tells no pace by itself
                if not (is_near and is_slow and is_of_pace(step, span, Move(mwh, time))):
                    return None
            if step > SPARE_MWH and _beyond_power(step, span, p0, p1) > 2 * count_of(r0, r1):
                return None
            mwh, time = step, t1 - since
            energy, since, samples = 0, t1, 0
        elif step < 0:
            return None
        else:
            samples += 1
            if p0 and p1 and span <= GAP_US:
                energy += min(p0, p1) * span
                if energy > _STANDING:
                    return None
        t0, r0, p0 = t1, r1, p1
    return Standing(energy, since, samples, Move(mwh, time))


def _beyond_power(step: int, span: int, p0: int | None, p1: int | None) -> int:
    """Energy (mWh) of a ``step`` beyond what power at its ends allows; 0 where power does not bound it."""
    if p0 is None or p1 is None or span > GAP_US:
        return 0
    return step - SPARE_MWH - SPARE_POWER * max(p0, p1) * with_slack(span) // MW_US


def _is_credible(before: int | None, power: Column, capacity: int | None) -> bool:
    """Whether ``power`` (mW) needs no second look: it stays below the capacity, or grows step by step."""
    greatest = HOUSEHOLD_MW if capacity is None else capacity
    if max(filter(None, power), default=0) <= greatest:
        return True
    if capacity is not None:
        return False
    for p in power:
        if p is not None and p > greatest and (before is None or p > FACTOR * before):
            return False
        before = p
    return True
