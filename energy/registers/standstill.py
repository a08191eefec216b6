"""Registers that stand still: at rest, between two counts, stuck while energy flowed, or frozen with their power."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from energy.registers.corrections import Doubt
from energy.registers.pace import CONTEXT
from energy.registers.resolution import COUNTS, coarse_count, count_of
from energy.registers.samples import Samples

STUCK_US = 60_000_000
"""The shortest time a register may stand still under power before that is called stuck."""
STUCK_MWH = 20_000
"""The least energy (mWh) that power must give while a register stands still; three counts if they are more."""
CREEPS = 10
"""A register that rises by less than this part of what power surely gives stands still."""
COUNTS_OFF = 3
"""So many counts power may give while a coarse register stands between two of them: power is not exact."""

ABSURD = 2
"""So many steps an absurd power makes a register look as if it crept."""


class ValidRegister(NamedTuple):
    """Samples whose register is believed, in order; the causes of the steps that end at some; steps set apart."""

    samples: list[int]
    causes: dict[int, str]
    integrated: dict[int, str]
    """Samples at the end of a step whose energy power tells and not the register, and the causes."""
    frozen: set[int]
    """Samples at the end of a step in which register and power repeated themselves: its energy fell at some time."""
    doubts: list[Doubt]
    read: list[int]
    """Samples whose register was believed before standstills were taken back."""


def without_standstill(of: Samples, valid: list[int], causes: dict[int, str], falls: Sequence[Doubt]) -> ValidRegister:
    """Take back the values of a register that stood still: it caught up later, or never will.

    ``falls`` are the neighbourhoods of small falls: there power tells more than the register.
    """
    found = ValidRegister([], causes, {}, set(), [*falls], valid)
    uneven = {i for fall in falls for i in valid if fall.first < i <= fall.last}
    at = 0
    while at < len(valid):
        first = at
        while at + 1 < len(valid) and valid[at + 1] not in uneven and _is_still(of, valid[at], valid[at + 1]):
            at += 1
        found.samples.append(valid[first])
        if at > first:
            _judge(of, found, first, at)
        at += 1
    for i in uneven:
        found.integrated[i] = "correction"
    return found


def _judge(of: Samples, found: ValidRegister, first: int, at: int) -> None:
    """Keep of the standstill from the ``first`` believed sample up to that ``at`` what means something."""
    valid = found.read
    begin, end = valid[first], valid[at]
    following = valid[at + 1] if at + 1 < len(valid) else None
    if count := _between_counts(of, valid, first, at):
        found.doubts.append(Doubt(begin, end if following is None else following, count))
        if following is None:  # what the next count will bring is not known
            found.samples.extend(valid[first + 1 : at + 1])
    elif following is not None and _caught_up(of, begin, end, following):
        found.causes[following] = "stuck"
    elif not _stood_still(of, begin, end) or (of.register[begin] != of.register[end] and at - first <= ABSURD):
        found.samples.extend(valid[first + 1 : at + 1])
    elif of.register[begin] == of.register[end] and of.is_frozen(begin, end):
        of.forget_power(begin, end)
        if following is not None:
            found.frozen.add(following)
    else:
        found.samples.append(end)
        found.integrated[end] = "stuck"


def _is_still(of: Samples, last: int, here: int) -> bool:
    """Whether the register stands at ``here`` where it stood at ``last``, or creeps beside what power gives."""
    rise = (of.register[here] or 0) - (of.register[last] or 0)
    return rise == 0 or 0 < CREEPS * rise < of.least(last, here)


def _between_counts(of: Samples, valid: Sequence[int], first: int, at: int) -> int:
    """The count (mWh) of a coarse register that stands between two of them, as power says; else 0."""
    begin, end = valid[first], valid[at]
    near = {of.register[i] or 0 for i in valid[max(0, first - CONTEXT) : at + 2 + CONTEXT]}
    count = coarse_count(near)
    upto = valid[min(at + 1, len(valid) - 1)]
    whole = of.integral(begin, upto)
    if not count or whole is None or of.register[begin] != of.register[end] or of.least(begin, end) <= STUCK_MWH:
        return 0
    step = (of.register[upto] or 0) - (of.register[end] or 0)
    is_like = abs(step - whole) <= COUNTS_OFF * count and of.plausible(begin, upto)
    return count if is_like else 0


def _stood_still(of: Samples, first: int, last: int) -> bool:
    """Whether power surely flowed while the register stood still, or crept."""
    long = of.times[last] - of.times[first] >= STUCK_US or of.register[first] != of.register[last]
    return long and of.least(first, last) > max(
        STUCK_MWH, 3 * count_of(of.register[first] or 0, of.register[last] or 0)
    )


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
