"""Which values of a register are to be believed: moments, jitter and a register that sticks.

What is decided here looks beyond a step's two samples, and never further than is said beside each rule.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from energy.registers.deltas import wrapped
from energy.registers.samples import COUNTS, Trace, count_of

MOMENT_US = timedelta(hours=1) // timedelta(microseconds=1)
"""A value that comes and goes within this time (a sentinel, a bit that fell over) is not believed."""
NIGHT_US = timedelta(hours=24) // timedelta(microseconds=1)
"""A zero that goes within this time is not believed: inverters read 0 from dusk to dawn, or while they restart."""
STUCK_US = 60_000_000
"""The shortest time a register may stand still under power before that is called stuck."""
STUCK_MWH = 20_000
"""The least energy (mWh) that power must give while a register stands still; three counts if they are more."""


class ValidRegister(NamedTuple):
    """Samples whose register is believed, in order; the causes of the steps that end at some; the dead steps."""

    samples: list[int]
    causes: dict[int, str]
    dead: set[int]
    """Samples at the end of a step in which the register stood still although energy flowed."""


def validate_register(trace: Trace) -> ValidRegister:
    """Judge every value of ``trace`` (and level its jitter in place)."""
    samples, causes = _without_moments(trace)
    return _without_standstill(trace, samples, causes)


def _without_moments(trace: Trace) -> tuple[list[int], dict[int, str]]:
    have = [i for i, value in enumerate(trace.register) if value is not None]
    good: list[int] = have[:1]
    causes: dict[int, str] = {}
    at = 1
    while at < len(have):
        last, here = good[-1], have[at]
        if trace.plausible(last, here) or _level(trace, last, here):
            good.append(here)
        elif (back := _back_after_dip(trace, last, have, at)) is not None:
            at = back
            good.append(have[at])
            causes[have[at]] = "momentary"
        elif _is_spike(trace, last, have, at):
            following = have[at + 1]
            causes[following] = "momentary"
        elif (before := _before_spike(trace, good, have, at)) is not None:
            del good[before + 1 :]
            good.append(here)
            causes[here] = "momentary"
        else:
            good.append(here)
        at += 1
    believed = set(good)
    return good, {i: cause for i, cause in causes.items() if i in believed}


def _value(trace: Trace, i: int) -> int:
    value = trace.register[i]
    assert value is not None  # noqa: S101 - only samples with a register are asked
    return value


def _level(trace: Trace, last: int, here: int) -> bool:
    """Whether ``here`` is a count (or a float's last digit) below ``last``; then it is lifted to it."""
    high, low = _value(trace, last), _value(trace, here)
    tolerance = max(2 * count_of(high, low), high >> 22)
    if 0 < high - low <= tolerance and (low > 0 or high > 10 * tolerance):
        trace.register[here] = high
        return True
    return False


def _back_after_dip(trace: Trace, last: int, have: list[int], at: int) -> int | None:
    """Where the register is back after falling at ``have[at]``, at once and not by climbing: an index of ``have``."""
    high, low = _value(trace, last), _value(trace, have[at])
    if low >= high:
        return None
    until = trace.times[last] + (NIGHT_US if low == 0 else MOMENT_US)
    for back in range(at + 1, len(have)):
        if trace.times[have[back]] > until:
            return None
        value = _value(trace, have[back])
        if value < high:
            if value > 0:  # it counts, so the zero was not a night's
                until = trace.times[last] + MOMENT_US
            continue
        below = _value(trace, have[back - 1])
        sudden = 2 * (value - below) >= high - low
        near = 10 * (value - high) <= value - below
        if sudden and (near or not trace.plausible(have[back - 1], have[back])) and trace.plausible(last, have[back]):
            return back
        return None
    return None


def _is_spike(trace: Trace, last: int, have: list[int], at: int) -> bool:
    """Whether ``have[at]`` is an impossible rise from which the register soon comes back near where it was."""
    base, high = _value(trace, last), _value(trace, have[at])
    for back in have[at + 1 :]:
        if high < base or trace.times[back] > trace.times[have[at]] + MOMENT_US:
            return False
        if base <= _value(trace, back) < high and trace.plausible(last, back):
            return True
    return False


def _before_spike(trace: Trace, good: list[int], have: list[int], at: int) -> int | None:
    """Where in ``good`` the register was before a rise that ``have[at]`` shows to have been a spike."""
    here = have[at]
    following = have[at + 1] if at + 1 < len(have) else None
    value, high = _value(trace, here), _value(trace, good[-1])
    if value >= high:
        return None
    for before in range(len(good) - 2, -1, -1):
        root, top = good[before], good[before + 1]
        base, risen = _value(trace, root), _value(trace, top)
        if trace.times[top] < trace.times[here] - MOMENT_US:
            return None
        if base <= value:
            sudden = 2 * (risen - base) >= high - value and 10 * (value - base) <= risen - base
            counted = trace.most(root, top) is not None and wrapped(trace, good[-2:], here, following) is not None
            return before if sudden and not counted and trace.plausible(root, here) else None
    return None


def _without_standstill(trace: Trace, samples: list[int], causes: dict[int, str]) -> ValidRegister:
    """Take back the values of a register that stood still: it caught up later, or never will."""
    kept: list[int] = []
    dead: set[int] = set()
    at = 0
    while at < len(samples):
        first = at
        while at + 1 < len(samples) and trace.register[samples[at + 1]] == trace.register[samples[first]]:
            at += 1
        kept.append(samples[first])
        if at > first:
            following = samples[at + 1] if at + 1 < len(samples) else None
            if following is not None and _caught_up(trace, samples[first], samples[at], following):
                causes[following] = "stuck"
            elif _stood_still(trace, samples[first], samples[at]):
                kept.append(samples[at])
                dead.add(samples[at])
            else:
                kept += samples[first + 1 : at + 1]
        at += 1
    return ValidRegister(kept, causes, dead)


def _stood_still(trace: Trace, first: int, last: int) -> bool:
    """Whether power surely flowed while the register stood still."""
    long = trace.times[last] - trace.times[first] >= STUCK_US
    return long and trace.least(first, last) > max(STUCK_MWH, 3 * count_of(_value(trace, first)))


def _caught_up(trace: Trace, first: int, last: int, following: int) -> bool:
    """Whether the step after a standstill brings what the standstill withheld."""
    step = _value(trace, following) - _value(trace, last)
    if step <= COUNTS[-1]:
        return False
    whole, final = trace.integral(first, following), trace.integral(last, following)
    if not trace.plausible(last, following):
        return trace.plausible(first, following) and (whole is None or step <= 2 * whole + STUCK_MWH)
    if whole is None or final is None or not _stood_still(trace, first, last):
        return False
    return 2 * step > whole + final
