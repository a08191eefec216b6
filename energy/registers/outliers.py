"""Values of a register that are to be believed: jitter is levelled; spikes and dips that go again are left out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from energy.registers.deltas import wrapped
from energy.registers.doubts import Doubt, around, between_kwh, small_fall, small_falls
from energy.registers.moments import (
    DAY_US,
    FEW,
    MOMENT_US,
    back_after_moment,
    before_spike,
    is_marker,
    jitter,
    value_of,
)
from energy.registers.pace import CONTEXT
from energy.registers.resolution import ALL_ONES
from energy.registers.samples import Samples
from energy.registers.standstill import ValidRegister, without_standstill

RETURNS = 2
"""A fall of so many times the most that the step may rise can come back unseen."""


def validate_register(of: Samples) -> ValidRegister:
    """The values of the register that are valid, with their causes and doubts; its jitter is levelled in place."""
    have = [i for i, value in enumerate(of.register) if value is not None]
    falls = small_falls(of, have)
    valid, causes = _without_moments(of, have)
    found = without_standstill(of, valid, causes, [around(valid, *fall) for fall in falls.items()])
    found.doubts.extend(_possible_returns(of, valid))
    found.doubts.extend(between_kwh(of, valid))
    return found


def _possible_returns(of: Samples, valid: list[int]) -> Iterator[Doubt]:
    """After a fall that is no reset and less than a step may rise: what is lost may come back as if it were counted."""
    for n, (last, here) in enumerate(pairwise(valid), start=1):
        low = value_of(of, here)
        fall, usual = value_of(of, last) - low, of.usual(last, here) or 0
        near = [value_of(of, i) for i in valid[n : n + CONTEXT + 2]]
        is_back = any(a <= usual and b >= value_of(of, last) for a, b in pairwise(near))
        is_reset = (low <= usual and not is_back) or wrapped(of, last, here) is not None
        if 0 < fall <= RETURNS * of.most(last, here) and not is_reset:
            yield Doubt(here, valid[min(n + CONTEXT + 1, len(valid) - 1)], fall + usual)


def _without_moments(of: Samples, have: list[int]) -> tuple[list[int], dict[int, str]]:
    have = _without_false_start(of, have)
    good: list[int] = have[:1]
    causes: dict[int, str] = {}
    at = 1
    while at < len(have):
        last, here = good[-1], have[at]
        if (of.plausible(last, here) and not is_marker(of, last, here)) or _level(of, last, here):
            good.append(here)
        else:
            back = back_after_moment(of, good, have, at)
            at = at if back is None else back
            before = before_spike(of, good, have, at)
            if before is not None:
                del good[before + 1 :]
            if back is not None or before is not None:
                causes[have[at]] = "momentary"
            elif small_fall(of, last, here):
                of.register[here] = of.register[last]
            good.append(have[at])
        at += 1
    believed = set(good)
    return good, {i: cause for i, cause in causes.items() if i in believed}


def _without_false_start(of: Samples, have: list[int]) -> list[int]:
    """``have`` without a value that stands at the beginning and is impossible beside what follows.

    The last zero stays: nobody knows what the register counted since.
    """
    end = 1
    while end < len(have) and value_of(of, have[end]) == value_of(of, have[0]):
        end += 1
    if end >= len(have) or (of.times[have[end - 1]] - of.times[have[0]] > MOMENT_US and end > FEW):
        return have
    first, following = value_of(of, have[0]), value_of(of, have[end])
    if following > first and first in ALL_ONES:
        return have[end:]
    if following > first and first == 0 and not of.climbed(have[end - 1], have[end]):
        return have[end:] if of.plausible(have[end - 1], have[end]) else have[end - 1 :]
    if not 0 < following < first - jitter(first, following) or _comes_back(of, have, end):
        return have
    is_wrap = wrapped(of, have[end - 1], have[end]) is not None
    return have if is_wrap or following <= (of.usual(have[end - 1], have[end]) or 0) else have[end:]


def _comes_back(of: Samples, have: list[int], end: int) -> bool:
    """Whether the register, after falling at ``have[end]``, is soon where it was: then the fall was a dip."""
    if value_of(of, have[0]) in ALL_ONES:  # a marker, and one again later
        return False
    until = of.times[have[end]] + DAY_US
    return any(value_of(of, i) >= value_of(of, have[0]) for i in have[end:] if of.times[i] <= until)


def _level(of: Samples, last: int, here: int) -> bool:
    """Whether ``here`` is a count (or a float's last digit) below ``last``; then it is lifted to it."""
    high, low = value_of(of, last), value_of(of, here)
    tolerance = jitter(high, low)
    if 0 < high - low <= tolerance and (low > 0 or high > 10 * tolerance):
        of.register[here] = high
        return True
    return False
