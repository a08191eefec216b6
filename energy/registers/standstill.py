"""Registers that stand still: at rest, between two counts, stuck while energy flowed, or frozen with their power."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from energy.registers.doubts import Doubt, may_have_frozen, unclear
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
"""Counts that power may give while a coarse register stands between two of them: power is not exact."""
ABSURD = 2
"""Steps, at most, over which one absurd power makes a register seem to creep."""


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
            _classify_standstill(of, found, first, at)
        at += 1
    for i in uneven:
        found.integrated[i] = "correction"
    return found


def _classify_standstill(of: Samples, found: ValidRegister, first: int, at: int) -> None:
    """Sort the standstill of the believed samples ``first`` to ``at`` into ``found``, by what it is."""
    valid = found.read
    begin, end = valid[first], valid[at]
    following = valid[at + 1] if at + 1 < len(valid) else None
    still, since = _repeats_since(of, valid, first, at), _flow_since(of, valid, first, at)
    stretches = sorted({since, _last_rest(of, valid, since, at)})
    caught = next((n for n in stretches if following is not None and _caught_up(of, valid, n, at)), None)
    if count := _between_counts(of, valid, first, at):
        found.doubts.append(Doubt(begin, end if following is None else following, count))
        if following is None:  # what the next count will bring is not known
            found.samples.extend(valid[first + 1 : at + 1])
    elif following is not None and caught is not None:
        found.samples.extend([*valid[first + 1 : since + 1], *valid[max(caught, since + 1) : caught + 1]])
        if _stood_still(of, valid, since, caught):
            found.integrated[valid[caught]] = "stuck"
        found.causes[following] = "stuck"
        found.doubts.extend(unclear(of, valid, caught, at))
        if first == 0:  # it may have begun before what is given
            found.doubts.append(Doubt(begin, following, (of.register[following] or 0) - (of.register[end] or 0)))
    elif following is not None and _froze(of, still, end, following):
        found.samples.extend(i for i in valid[first + 1 : at] if i <= still)
        of.forget_power(still, end)
        found.frozen.add(following)
    elif not _stood_still(of, valid, first, at) or (of.register[begin] != of.register[end] and at - first <= ABSURD):
        found.samples.extend(valid[first + 1 : at + 1])
        if following is not None:
            found.doubts.extend(may_have_frozen(of, still, end, following))
    elif (frozen := _frozen_since(of, valid, first, at)) is not None:
        if frozen != begin:
            found.samples.append(frozen)
        of.forget_power(frozen, end)
        if following is not None:
            found.frozen.add(following)
    else:
        found.samples.extend([*valid[first + 1 : since + 1], end])
        found.integrated[end] = "stuck"
        for n in stretches:
            found.doubts.extend(unclear(of, valid, n, at))


def _flow_since(of: Samples, valid: Sequence[int], first: int, at: int) -> int:
    """The last of the believed samples ``first`` to ``at`` up to which no power flowed: there the register rested."""
    flows = (n for n in range(first, at) if any(of.power[valid[n] : valid[n + 1] + 1]))
    return next(flows, first)


def _is_still(of: Samples, last: int, here: int) -> bool:
    """Whether the register stands at ``here`` where it stood at ``last``, or creeps beside what power gives."""
    rise = (of.register[here] or 0) - (of.register[last] or 0)
    return rise == 0 or 0 < CREEPS * rise < of.least(last, here)


def _between_counts(of: Samples, valid: Sequence[int], first: int, at: int) -> int:
    """The count (mWh) of a coarse register that stands between two of them, as power says; else 0."""
    begin, end = valid[first], valid[at]
    count = coarse_count(_near(of, valid, first, at))
    upto = valid[min(at + 1, len(valid) - 1)]
    whole = of.integral(begin, upto)
    if not count or whole is None or of.register[begin] != of.register[end] or of.least(begin, end) <= STUCK_MWH:
        return 0
    step = (of.register[upto] or 0) - (of.register[end] or 0)
    is_like = abs(step - whole) <= COUNTS_OFF * count and of.plausible(begin, upto)
    return count if is_like else 0


def _near(of: Samples, valid: Sequence[int], first: int, at: int) -> set[int]:
    """Values of the register in and near a standstill."""
    return {of.register[i] or 0 for i in valid[max(0, first - CONTEXT) : at + 2 + CONTEXT]}


def _stood_still(of: Samples, valid: Sequence[int], first: int, at: int) -> bool:
    """Whether power surely flowed while the register stood still, or crept."""
    begin, end = valid[first], valid[at]
    long = of.times[end] - of.times[begin] >= STUCK_US or of.register[begin] != of.register[end]
    shown = {of.register[begin] or 0, of.register[end] or 0} - {0}
    # 0 is a multiple of any count: what it shows else tells its own, and one that shows nothing else counts nothing.
    shown = shown or _near(of, valid, first, at) - {0}
    count = count_of(*shown) if shown else 0
    return long and of.least(begin, end) > max(STUCK_MWH, 3 * count)


def _repeats_since(of: Samples, valid: Sequence[int], first: int, at: int) -> int:
    """The sample of a standstill from which power repeats itself, too."""
    since = of.repeats_since(valid[first], valid[at])
    return next(i for i in valid[first : at + 1] if i >= since)


def _froze(of: Samples, first: int, last: int, following: int) -> bool:
    """Whether a register that stood still with its power, at 0 even, shows then what it can't have counted since."""
    is_sudden = not of.plausible(last, following) and of.plausible(first, following)
    return is_sudden and of.register[first] == of.register[last] and of.is_frozen(first, last)


def _last_rest(of: Samples, valid: Sequence[int], since: int, at: int) -> int:
    """The last of the believed samples ``since`` to ``at`` without power, after which some flowed; else ``since``."""
    flowed = False
    for n in range(at, since, -1):
        if flowed and of.power[valid[n]] == 0 and not any(of.power[valid[n - 1] : valid[n] + 1]):
            return n
        flowed = flowed or any(of.power[valid[n - 1] : valid[n] + 1])
    return since


def _frozen_since(of: Samples, valid: Sequence[int], first: int, at: int) -> int | None:
    """The sample of a standstill from which power repeats itself, where none had flowed before; else None."""
    begin, end = valid[first], valid[at]
    since = _repeats_since(of, valid, first, at)
    is_still = of.register[begin] == of.register[end] and of.least(begin, since) == 0
    return since if is_still and since != end else None


def _caught_up(of: Samples, valid: Sequence[int], at_first: int, at_last: int) -> bool:
    """Whether the step after a standstill brings what the standstill withheld."""
    first, last, following = valid[at_first], valid[at_last], valid[at_last + 1]
    step = (of.register[following] or 0) - (of.register[last] or 0)
    if step <= COUNTS[-1]:
        return False
    whole, final = of.integral(first, following), of.integral(last, following)
    if not of.plausible(last, following):
        return of.plausible(first, following) and (whole is None or step <= 2 * whole + STUCK_MWH)
    if whole is None or final is None or not _stood_still(of, valid, at_first, at_last):
        return False
    most = 2 * final - of.least(last, following)
    spare = 2 * count_of(of.register[last] or 0, of.register[following] or 0)
    return 2 * step > whole + final or step > most + spare
