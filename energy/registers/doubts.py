"""Doubts of a register that tells energy to an amount only: near small falls that stay, and after some standstills.

One that corrects itself or trembles falls a little; one that stood still may have withheld what flowed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from energy.registers.pace import CONTEXT
from energy.registers.resolution import COARSE, COUNTS, coarse_count, count_of
from energy.registers.samples import Samples

SMALL_COUNTS = 10
SMALL_MWH = 100_000
"""Counts, or mWh, by which a register that corrects itself may fall; another meter shows another number."""
INEXACT = 10
"""Elevenths of the lesser power of two samples that surely flowed between them: power trembles."""
FALL_SHARE = 100
"""Part of what it shows by which it falls, at most."""


class Doubt(NamedTuple):
    """An amount (mWh) to which a register tells energy from one sample to another: its count, or how far it fell."""

    first: int
    last: int
    mwh: int


def small_fall(of: Samples, last: int, here: int) -> int:
    """The fall (mWh) of ``here`` below ``last`` where that is a correction and no reset; else 0."""
    high, low = of.register[last] or 0, of.register[here] or 0
    greatest = min(low // FALL_SHARE, max(SMALL_COUNTS * count_of(high, low), SMALL_MWH))
    return high - low if 0 < high - low <= greatest else 0


def small_falls(of: Samples, have: Sequence[int]) -> dict[int, int]:
    """The falls (mWh) of the register as read, by sample; ``have`` are the samples that have one.

    What is less than the finest coarse count is jitter, and nothing is in doubt for it.
    """
    return {here: fall for last, here in pairwise(have) if (fall := small_fall(of, last, here)) >= COARSE[-1]}


def around(valid: Sequence[int], fall: int, mwh: int) -> Doubt:
    """The neighbourhood of a fall up to the sample ``fall`` among the ``valid`` ones."""
    at = bisect_left(valid, fall)
    return Doubt(valid[max(0, at - CONTEXT)], valid[min(len(valid) - 1, at + CONTEXT)], mwh)


def between_kwh(of: Samples, valid: Sequence[int]) -> Iterator[Doubt]:
    """Stretches of whole kWh that rise where no power tells what flows between two: in doubt by their count."""
    run: list[int] = []
    for i in valid:
        is_whole = (of.register[i] or 0) % COUNTS[0] == 0
        is_told = bool(run) and of.register[run[-1]] != of.register[i] and of.powered(run[-1], i)
        if not is_whole or is_told:
            yield from _counted(of, run)
            run = []
        if is_whole:
            run.append(i)
    yield from _counted(of, run)


def _counted(of: Samples, run: Sequence[int]) -> Iterator[Doubt]:
    values = {of.register[i] or 0 for i in run}
    if len(values) > 1:
        yield Doubt(run[0], run[-1], coarse_count(values))


def may_have_frozen(of: Samples, first: int, last: int, following: int) -> Iterator[Doubt]:
    """Doubts by a step that can't have happened after a standstill without power: perhaps power was frozen, too."""
    step = (of.register[following] or 0) - (of.register[last] or 0)
    is_sudden = step > 0 and not of.plausible(last, following) and step <= of.greatest(first, following)
    if is_sudden and of.register[first] == of.register[last] and of.is_frozen(first, last):
        yield Doubt(first, following, step)


def unclear(of: Samples, valid: Sequence[int], at_first: int, at_last: int) -> Iterator[Doubt]:
    """Energy that a standstill may have withheld where the step after it is like power with that and without."""
    if at_last + 1 == len(valid):
        return
    first, last, following = valid[at_first], valid[at_last], valid[at_last + 1]
    step = (of.register[following] or 0) - (of.register[last] or 0)
    withheld, final = of.reaches(first, last), of.reaches(last, following)
    if withheld is None or final is None:
        return
    spare = 2 * count_of(of.register[last] or 0, of.register[following] or 0)
    least = (final[0] + withheld[0]) * INEXACT // (INEXACT + 1) - spare
    if least <= step <= final[1] + spare:
        yield Doubt(first, following, withheld[1])
