"""Values of a register that come and go: dips, spikes and markers, and where the register is back.

What is decided here looks beyond a step's two samples, and never further than is said beside each rule.
"""

from __future__ import annotations

from datetime import timedelta

from energy.registers.deltas import wrapped
from energy.registers.pace import LIKE
from energy.registers.resolution import ALL_ONES, DECIMALS, count_of
from energy.registers.samples import Samples

MOMENT_US = timedelta(hours=1) // timedelta(microseconds=1)
"""A value that comes and goes within this time (a sentinel, a bit that fell over) is not believed."""
FEW = 2
"""Values in a row that come and go and are not believed, however rarely the register is read."""
SETTLED = 3
"""Believed samples in a row that show where a register stands."""
DAY_US = timedelta(hours=24) // timedelta(microseconds=1)
"""Time within which a rise that can't have happened is not believed, nor a fall from which the register comes back as
it can't have counted, nor a zero: inverters read 0 from dusk to dawn, or while they restart."""


def back_after_moment(of: Samples, good: list[int], have: list[int], at: int) -> int | None:
    """The index in ``have`` at which the register is back after a dip or a spike that begins at ``have[at]``."""
    back = _back_after_dip(of, good[-1], have, at)
    if back is None:
        back = _back_after_spike(of, good, have, at)
    return _back_after_marker(of, good[-1], have, at) if back is None else back


def before_spike(of: Samples, good: list[int], have: list[int], at: int) -> int | None:
    """The index in ``good`` before a rise that ``have[at]`` shows to have been a spike."""
    here = have[at]
    value, high = value_of(of, here), value_of(of, good[-1])
    if value >= high:
        return None
    for before in range(len(good) - 2, -1, -1):
        root, top = good[before], good[before + 1]
        base, risen = value_of(of, root), value_of(of, top)
        if of.times[top] < of.times[here] - MOMENT_US and len(good) - 1 - before > FEW:
            return None
        if base <= value:
            # What counts above a 0 is the register, and the 0 is none.
            sudden = 2 * (risen - base) >= high - value and (base > 0 or high == risen)
            near = 10 * (value - base) <= risen - base and of.plausible(root, here)
            counted = wrapped(of, good[-1], here) is not None
            return before if sudden and (near or of.climbed(root, here)) and not counted else None
    return None


def _back_after_dip(of: Samples, last: int, have: list[int], at: int) -> int | None:
    """The index in ``have`` at which the register is back after falling at ``have[at]``, at once, not by climbing."""
    high, low = value_of(of, last), value_of(of, have[at])
    if low >= high:
        return None
    counts, under = False, at
    for back in range(at + 1, len(have)):
        lasted = of.times[have[back]] - of.times[last]
        is_moment = lasted <= MOMENT_US or back - at <= FEW
        if lasted > DAY_US and not is_moment:
            return None
        # A value above both is another fault beside this one.
        value, below = value_of(of, have[back]), value_of(of, have[under])
        if value < below - jitter(below, value) and counts:
            return None
        if value < high:
            counts, under = counts or value > low, back
            continue
        sudden = 2 * (value - below) >= high - low
        near = 10 * (value - high) <= value - below
        is_back = near and not counts and (is_moment or low == 0)
        is_back = is_back or not of.climbed(have[under], have[back])
        if (
            sudden
            and is_back
            and of.flowed(last, have[back])
            and (near or _goes_on(of, last, have[at:back], have[back]))
        ):
            return back
        if counts and 2 * low < high and of.climbed(have[under], have[back]):
            return None  # a reset that has counted as far
    return None


def _goes_on(of: Samples, last: int, dip: list[int], back: int) -> bool:
    """Whether the register is ``back`` where its pace before and beside the fall has brought it, or power says so.

    Where its values in the ``dip`` have but lost decimal places, its pace beyond the fall counts as well.
    """
    usual = of.usual(last, dip[0])
    if usual is None or of.powered(last, back):
        return True
    span, rise = of.times[dip[0]] - of.times[last], value_of(of, back) - value_of(of, last)
    if rise * span <= LIKE * usual * (of.times[back] - of.times[last]):
        return True
    beyond = of.usual(last, back) or 0
    first, end = value_of(of, dip[0]), value_of(of, dip[-1])
    return any(
        0 <= by * first - value_of(of, last) <= LIKE * usual and 0 <= value_of(of, back) - by * end <= LIKE * beyond
        for by in DECIMALS
    )


def _back_after_spike(of: Samples, good: list[int], have: list[int], at: int) -> int | None:
    """The index in ``have`` at which the register is back after an impossible rise at ``have[at]``, or reset soon.

    Whatever counts at the upper level for longer than a moment is left out only where several samples have shown the
    lower one: else that is the dip.
    """
    last = good[-1]
    base, high = value_of(of, last), value_of(of, have[at])
    if high < base or (good == [last] and base == 0):
        return None
    stands, is_settled = True, len(good) >= SETTLED and base > 0
    for back in range(at + 1, len(have)):
        lasted = of.times[have[back]] - of.times[have[at]]
        is_moment = lasted <= MOMENT_US or back - at <= FEW
        value = value_of(of, have[back])
        if not is_moment and (value < base or lasted > DAY_US or not (is_settled or (stands and base > 0))):
            return None
        is_reset = value < base and is_moment and not (back - at > SETTLED and _was_frozen(of, good, have[at]))
        if (base <= value < high and of.plausible(last, have[back])) or is_reset:
            # Of two levels in turn the one that lasts longer is the register's.
            again = None if stands else _back_after_dip(of, have[back - 1], have, back)
            return back if again is None or again - back >= back - at else None
        stands = stands and value == high
    return None


def _was_frozen(of: Samples, good: list[int], risen: int) -> bool:
    """Whether the register stood still with its power until it had ``risen`` by what may have flowed meanwhile."""
    last = good[-1]
    since = last
    for i in reversed(good):
        if of.register[i] != of.register[last] or of.power[i] != of.power[last]:
            break
        since = i
    return of.power[since] is not None and since != last and of.plausible(since, risen)


def _back_after_marker(of: Samples, last: int, have: list[int], at: int) -> int | None:
    """The index in ``have`` at which a register goes on that stood at all ones from ``have[at]`` and counted beyond."""
    if not is_marker(of, last, have[at]):
        return None
    for back in range(at + 1, len(have)):
        if value_of(of, have[back]) != value_of(of, have[at]):
            return back if of.climbed(last, have[back]) else None
    return None


def is_marker(of: Samples, last: int, here: int) -> bool:
    """Whether the register rises to all ones as it does not count."""
    return value_of(of, here) in ALL_ONES and not of.climbed(last, here)


def value_of(of: Samples, i: int) -> int:
    """The register (mWh) of a sample that has one."""
    value = of.register[i]
    assert value is not None  # noqa: S101 - only samples with a register are asked
    return value


def jitter(high: int, low: int) -> int:
    """The fall (mWh) that a register may show by its resolution alone."""
    return max(2 * count_of(high, low), high >> 22)
