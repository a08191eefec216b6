"""Whether a register is in doubt near a batch, so that it takes more of its past to tell its energy.

A standstill that has begun before what is in sight may have withheld what flowed, and so may a register that was not
read; a fall, or a rise that can't have happened, may end a fault that began long ago.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from energy.balance import Register, registers
from energy.limits import Limits
from energy.registers.counters import advanced_course, exactly
from energy.registers.moments import jitter
from energy.registers.pace import CONTEXT
from energy.registers.resolution import ALL_ONES, COUNTS
from energy.registers.samples import Samples
from speed_layer.lookups import Reading

FAR = 720
"""Readings looked at on each side of a register in doubt: an hour of them, where it is read every 5 s."""


def is_in_doubt(readings: Iterable[Reading], limits: Limits) -> bool:
    """Whether any register of one installation's ``readings`` is in doubt."""
    return any(_is_in_doubt(each) for each in registers(readings, limits))


def _is_in_doubt(of: Register) -> bool:
    if advanced_course(None, of.times, of.register_wh, of.power_w, of.capacity_w) is not None:
        return False
    register, power = exactly(of.register_wh, of.power_w)
    have = [i for i, value in enumerate(register) if value is not None]
    if not have:
        return False
    samples = Samples(of.times, register, power, of.capacity_w)
    return have[0] > CONTEXT or _begins_still(samples, have) or _has_event(samples, have)


def _begins_still(of: Samples, have: Sequence[int]) -> bool:
    """Whether it stands still from the beginning, under power or between two counts, and moves later."""
    shown = of.register[have[0]] or 0
    moved = next((n for n, i in enumerate(have) if of.register[i] != shown), None)
    if moved is None or moved <= CONTEXT:
        return False
    return any(of.power[: have[moved]]) or shown in ALL_ONES or shown % COUNTS[0] == 0


def _has_event(of: Samples, have: Sequence[int]) -> bool:
    """Whether it falls, or rises as it can't have counted."""
    for last, here in pairwise(have):
        high, low = of.register[last] or 0, of.register[here] or 0
        if high - low > jitter(high, low) or (low > high and not of.plausible(last, here)):
            return True
    return False
