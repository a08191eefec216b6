"""Registers that stand still: at rest, stuck while energy flowed, or frozen together with their power."""

from __future__ import annotations

from typing import NamedTuple

from energy.registers.samples import COUNTS, Samples, count_of

STUCK_US = 60_000_000
"""The shortest time a register may stand still under power before that is called stuck."""
STUCK_MWH = 20_000
"""The least energy (mWh) that power must give while a register stands still; three counts if they are more."""


class ValidRegister(NamedTuple):
    """Samples whose register is believed, in order; the causes of the steps that end at some; steps set apart."""

    samples: list[int]
    causes: dict[int, str]
    dead: set[int]
    """Samples at the end of a step in which the register stood still although energy flowed."""
    frozen: set[int]
    """Samples at the end of a step in which register and power repeated themselves: its energy fell at some time."""


def without_standstill(of: Samples, valid: list[int], causes: dict[int, str]) -> ValidRegister:
    """Take back the values of a register that stood still: it caught up later, or never will."""
    kept: list[int] = []
    dead: set[int] = set()
    frozen: set[int] = set()
    at = 0
    while at < len(valid):
        first = at
        while at + 1 < len(valid) and of.register[valid[at + 1]] == of.register[valid[first]]:
            at += 1
        begin, end = valid[first], valid[at]
        following = valid[at + 1] if at + 1 < len(valid) else None
        kept.append(begin)
        if end > begin:
            if following is not None and _caught_up(of, begin, end, following):
                causes[following] = "stuck"
            elif not _stood_still(of, begin, end):
                kept += valid[first + 1 : at + 1]
            elif of.is_frozen(begin, end):
                of.forget_power(begin, end)
                if following is not None:
                    frozen.add(following)
            else:
                kept.append(end)
                dead.add(end)
        at += 1
    return ValidRegister(kept, causes, dead, frozen)


def _stood_still(of: Samples, first: int, last: int) -> bool:
    """Whether power surely flowed while the register stood still."""
    long = of.times[last] - of.times[first] >= STUCK_US
    return long and of.least(first, last) > max(STUCK_MWH, 3 * count_of(of.register[first] or 0))


def _caught_up(of: Samples, first: int, last: int, following: int) -> bool:
    """Whether the step after a standstill brings what the standstill withheld."""
    step = (of.register[following] or 0) - (of.register[last] or 0)
    if step <= COUNTS[-1]:
        return False
    whole, final = of.integral(first, following), of.integral(last, following)
    if not of.plausible(last, following):
        return of.plausible(first, following) and (whole is None or step <= 2 * whole + STUCK_MWH)
    if whole is None or final is None or not _stood_still(of, first, last):
        return False
    return 2 * step > whole + final
