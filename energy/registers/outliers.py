"""Which values of a register are to be believed: jitter is levelled; spikes and dips that go again are left out.

What is decided here looks beyond a step's two samples, and never further than is said beside each rule.
"""

from __future__ import annotations

from datetime import timedelta

from energy.registers.corrections import around, small_fall, small_falls
from energy.registers.deltas import ALL_ONES, wrapped
from energy.registers.resolution import count_of
from energy.registers.samples import Samples
from energy.registers.standstill import ValidRegister, without_standstill

MOMENT_US = timedelta(hours=1) // timedelta(microseconds=1)
"""A value that comes and goes within this time (a sentinel, a bit that fell over) is not believed."""
FEW = 2
"""Nor are so many values in a row, however rarely the register is read."""
SETTLED = 3
"""So many believed samples in a row show where a register stands."""
DAY_US = timedelta(hours=24) // timedelta(microseconds=1)
"""Nor, within this time, a rise that can't have happened, a fall from which the register comes back as it can't have
counted, or a zero: inverters read 0 from dusk to dawn, or while they restart."""


def validate_register(of: Samples) -> ValidRegister:
    """Judge every value of the register (and level its jitter in place)."""
    have = [i for i, value in enumerate(of.register) if value is not None]
    falls = small_falls(of, have)
    valid, causes = _without_moments(of, have)
    return without_standstill(of, valid, causes, [around(valid, *fall) for fall in falls.items()])


def _without_moments(of: Samples, have: list[int]) -> tuple[list[int], dict[int, str]]:
    have = _without_false_start(of, have)
    good: list[int] = have[:1]
    causes: dict[int, str] = {}
    at = 1
    while at < len(have):
        last, here = good[-1], have[at]
        if (of.plausible(last, here) and not _is_marker(of, last, here)) or _level(of, last, here):
            good.append(here)
        elif (back := _back_after_dip(of, last, have, at)) is not None or (
            back := _back_after_spike(of, good, have, at)
        ) is not None:
            at = back
            good.append(have[at])
            causes[have[at]] = "momentary"
        elif (before := _before_spike(of, good, have, at)) is not None:
            del good[before + 1 :]
            good.append(here)
            causes[here] = "momentary"
        else:
            if small_fall(of, last, here):
                of.register[here] = of.register[last]
            good.append(here)
        at += 1
    believed = set(good)
    return good, {i: cause for i, cause in causes.items() if i in believed}


def _back(of: Samples, good: list[int], have: list[int], at: int) -> int | None:
    """Where the register is back after a dip or a spike that begins at ``have[at]``: an index of ``have``."""
    back = _back_after_dip(of, good[-1], have, at)
    return _back_after_spike(of, good, have, at) if back is None else back


def _without_false_start(of: Samples, have: list[int]) -> list[int]:
    """``have`` without a value that stands at the beginning and is impossible beside what follows.

    The last zero stays: nobody knows what the register counted since.
    """
    end = 1
    while end < len(have) and _value(of, have[end]) == _value(of, have[0]):
        end += 1
    if end >= len(have) or (of.times[have[end - 1]] - of.times[have[0]] > MOMENT_US and end > FEW):
        return have
    first, following = _value(of, have[0]), _value(of, have[end])
    if following > first and (first == 0 or first in ALL_ONES) and not of.climbed(have[end - 1], have[end]):
        return have[end - 1 :] if first == 0 and not of.plausible(have[end - 1], have[end]) else have[end:]
    if not 0 < following < first - _jitter(first, following) or _comes_back(of, have, end):
        return have
    is_wrap = wrapped(of, have[end - 1], have[end]) is not None
    is_reset = following <= (of.usual(have[end - 1], have[end]) or 0)
    return have if is_wrap or is_reset else have[end:]


def _is_marker(of: Samples, last: int, here: int) -> bool:
    """Whether the register rises to all ones as it does not count."""
    return _value(of, here) in ALL_ONES and not of.climbed(last, here)


def _comes_back(of: Samples, have: list[int], end: int) -> bool:
    """Whether the register, after falling at ``have[end]``, is soon where it was: then the fall was a dip."""
    until = of.times[have[end]] + DAY_US
    return any(_value(of, i) >= _value(of, have[0]) for i in have[end:] if of.times[i] <= until)


def _value(of: Samples, i: int) -> int:
    value = of.register[i]
    assert value is not None  # noqa: S101 - only samples with a register are asked
    return value


def _level(of: Samples, last: int, here: int) -> bool:
    """Whether ``here`` is a count (or a float's last digit) below ``last``; then it is lifted to it."""
    high, low = _value(of, last), _value(of, here)
    tolerance = _jitter(high, low)
    if 0 < high - low <= tolerance and (low > 0 or high > 10 * tolerance):
        of.register[here] = high
        return True
    return False


def _jitter(high: int, low: int) -> int:
    """How far a register may fall (mWh) by its resolution alone."""
    return max(2 * count_of(high, low), high >> 22)


def _back_after_dip(of: Samples, last: int, have: list[int], at: int) -> int | None:
    """Where the register is back after falling at ``have[at]``, at once and not by climbing: an index of ``have``."""
    high, low = _value(of, last), _value(of, have[at])
    if low >= high:
        return None
    counts = False
    for back in range(at + 1, len(have)):
        lasted = of.times[have[back]] - of.times[last]
        is_moment = lasted <= MOMENT_US or back - at <= FEW
        if lasted > DAY_US and not is_moment:
            return None
        value, below = _value(of, have[back]), _value(of, have[back - 1])
        if value < below - _jitter(below, value) and counts:
            return None
        if value < high:
            counts = counts or value > low
            continue
        sudden = 2 * (value - below) >= high - low
        near = 10 * (value - high) <= value - below and (is_moment or (low == 0 and not counts))
        if sudden and (near or not of.climbed(have[back - 1], have[back])) and of.flowed(last, have[back]):
            return back
    return None


def _back_after_spike(of: Samples, good: list[int], have: list[int], at: int) -> int | None:
    """Where the register is back after an impossible rise at ``have[at]``, or reset soon: an index of ``have``.

    Whatever counts at the upper level for longer than a moment is left out only where several samples have shown the
    lower one: else that is the dip.
    """
    last = good[-1]
    base, high = _value(of, last), _value(of, have[at])
    if high < base or (good == [last] and base == 0):
        return None
    stands, is_settled = True, len(good) >= SETTLED and base > 0
    for back in range(at + 1, len(have)):
        lasted = of.times[have[back]] - of.times[have[at]]
        is_moment = lasted <= MOMENT_US or back - at <= FEW
        value = _value(of, have[back])
        if not is_moment and (lasted > DAY_US or not (is_settled or (stands and base > 0))):
            return None
        if (base <= value < high and of.plausible(last, have[back])) or (value < base and is_moment):
            return back
        stands = stands and value == high
    return None


def _before_spike(of: Samples, good: list[int], have: list[int], at: int) -> int | None:
    """Where in ``good`` the register was before a rise that ``have[at]`` shows to have been a spike."""
    here = have[at]
    value, high = _value(of, here), _value(of, good[-1])
    if value >= high:
        return None
    for before in range(len(good) - 2, -1, -1):
        root, top = good[before], good[before + 1]
        base, risen = _value(of, root), _value(of, top)
        if of.times[top] < of.times[here] - MOMENT_US and len(good) - 1 - before > FEW:
            return None
        if base <= value:
            sudden = 2 * (risen - base) >= high - value and 10 * (value - base) <= risen - base
            counted = wrapped(of, good[-1], here) is not None
            return before if sudden and not counted and of.plausible(root, here) else None
    return None
