"""The pace of a register: how much a step may rise where neither capacity nor power bounds it.

A step may rise ten times as fast as any credible one near it, and always as fast as a household's connection gives.
The steps near it are those of the :data:`CONTEXT` samples on each side, within :data:`REACH_US`: any window over the
samples that holds these gives the same answer.

How often a register is read has a pace, too: by that a step is told in which a reading is missing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import accumulate, pairwise
from typing import NamedTuple

from energy.registers.resolution import ALL_ONES, restored

CONTEXT = 8
"""Samples beyond a step, on each side, by which it is classified."""
REACH_US = timedelta(days=2) // timedelta(microseconds=1)
"""The greatest distance of these samples."""
FACTOR = 10
"""A step may be so many times as fast as the steps near it: sun and consumption come and go."""
ENDING = 3
"""Changes at the end of those near a step, the highest of which is where the register ends."""
COMPANY = 4
"""Rises near a step that together tell a pace which those below it do not lead up to."""
ONSET = 3
"""A step may be so many times as fast as those after it, where those before it are slower: it leads up to them."""
LIKE = 2
"""A step that is like those near it may be so many times as fast."""
HOUSEHOLD_MW = 15_000_000
"""15 kW in mW, the most that a connection of tariff 2.0TD may take (Circular CNMC 3/2020): no doubt below it."""
LASTING_MW = 2_000_000
"""2 kW in mW: what of it may go on beyond an hour."""
HOUR_US = 3_600_000_000
SLACK_US = 60_000_000
"""A register may show up to a minute's energy more than its step's time allows: it is not read when it is counted.
Where it is read more often than that, what its standstills add to a step's time is known: then twice the time."""
MW_US = 3_600_000_000
"""Milliwatt-microseconds in a mWh."""
LONG_STEP = timedelta(minutes=30)
"""A step longer than this may hold a quarter-hour without a sample: its share is a guess."""
LONG_STEP_US = LONG_STEP // timedelta(microseconds=1)


class Move(NamedTuple):
    """A change of the register in mWh, and the time in microseconds since the change before it."""

    mwh: int
    span: int


def unquestioned(span: int) -> int:
    """The rise (mWh) in ``span`` microseconds that needs no evidence."""
    if span <= HOUR_US:
        return HOUSEHOLD_MW * span // MW_US
    return HOUSEHOLD_MW + LASTING_MW * (span - HOUR_US) // MW_US


def with_slack(span: int) -> int:
    """The time (microseconds) whose energy a step of ``span`` may show."""
    return span + min(span, SLACK_US)


def is_hole(span: int, before: Sequence[int]) -> bool:
    """Whether a reading is missing in a step of ``span`` microseconds, so that its sharing is a guess.

    It lasts longer than :data:`LONG_STEP`, or than half again the usual step before it; within a minute a register is
    not read when it is counted anyway. ``before`` are the times of the :data:`CONTEXT` samples up to the step's
    first, of which those count that no step longer than :data:`LONG_STEP` parts from it. The usual step is the median
    of those between them: holes near each other leave it, and a series that slows down for good has its new pace four
    steps later. Where no step is known, none is usual.
    """
    if not SLACK_US < span <= LONG_STEP_US:
        return span > LONG_STEP_US
    steps = [later - earlier for earlier, later in pairwise(before)]
    while steps and max(steps) > LONG_STEP_US:
        del steps[: steps.index(max(steps)) + 1]
    steps.sort()
    return not steps or 2 * span > 3 * steps[(len(steps) - 1) // 2]


def is_of_pace(rise: int, span: int, move: Move) -> bool:
    """Whether a ``rise`` (mWh) in ``span`` microseconds is at most ten times as fast as ``move``."""
    return rise * move.span <= FACTOR * move.mwh * with_slack(span)


def _pace(move: Move) -> float:
    return move.mwh / move.span


def _lasting(moves: Sequence[Move]) -> list[int]:
    """Indices of the ``moves`` that are rises and that no fall takes back: each fall takes one of its size."""
    rises = [n for n, move in enumerate(moves) if move.mwh > 0]
    for fall in [-move.mwh for move in moves if move.mwh < 0]:
        alike = [n for n in rises if moves[n].mwh <= 2 * fall and fall <= 2 * moves[n].mwh]
        if alike:
            rises.remove(min(alike, key=lambda n: abs(moves[n].mwh - fall)))
    return rises


def _credible(moves: Sequence[Move], rises: Sequence[int], steps: int) -> list[int]:
    """Which of the ``rises`` among ``moves`` tell a pace: faults in a row must not speak for each other.

    From the slowest on each is at most ten times as fast as the one before it, or as ten households' connections.
    Those beyond count if they are :data:`COMPANY`, or most of the ``steps`` near.
    """
    ordered = sorted(rises, key=lambda n: _pace(moves[n]))
    level = 0.0
    for at, n in enumerate(ordered):
        if moves[n].mwh > FACTOR * max(FACTOR * unquestioned(moves[n].span), level * moves[n].span):
            beyond = len(ordered) - at
            return ordered if beyond >= COMPANY or 2 * beyond > steps else ordered[:at]
        level = _pace(moves[n])
    return ordered


class Pace:
    """The moves near each step of one register: times in microseconds, register in mWh or None, power in mW or None."""

    def __init__(self, times: Sequence[int], register: Sequence[int | None], power: Sequence[int | None]) -> None:
        self._times = times
        self._read = [i for i, read in enumerate(zip(register, power, strict=True)) if read != (None, None)]
        # A marker's fall may lie beyond the samples near a step that its rise is near to.
        self._have = [i for i, value in enumerate(register) if value is not None and value not in ALL_ONES]
        self._register = [value or 0 for value in register]

    def most(self, i: int, j: int) -> int:
        """The most energy (mWh) between samples ``i`` and ``j``."""
        span = with_slack(self._standing(i, j))
        before, after = self._fastest(i, j)
        allowed = [unquestioned(self._times[j] - self._times[i] + SLACK_US)]
        if before is not None:
            allowed.append(FACTOR * before.mwh * span // before.span)
        if after is not None:
            is_first = self._have[0] == i
            allowed.append((FACTOR if is_first else ONSET) * after.mwh * span // after.span)
        return max(allowed)

    def usual(self, i: int, j: int) -> int | None:
        """The energy (mWh) of the step at the fastest pace near it; None where nothing moves."""
        span = self._times[j] - self._times[i]
        energies = [move.mwh * span // move.span for move in self._fastest(i, j) if move is not None]
        return max(energies, default=None)

    def read_before(self, i: int) -> list[int]:
        """Times of the last samples before ``i`` that have a register or a power, as many as tell the usual step."""
        at = bisect_left(self._read, i)
        return [self._times[k] for k in self._read[max(0, at - CONTEXT) : at]]

    def _fastest(self, i: int, j: int) -> tuple[Move | None, Move | None]:
        """The fastest rise before the step and after it that tells a pace, and that no fall takes back."""
        nearest = self._before(i), self._after(j)
        before, after = ([*self._moves(near)] for near in nearest)
        moves = [*before, *after, *(move for move in self._moves(self._between(i, j)) if move.mwh < 0)]
        # A rise after the step counts if the register, zeros at the end aside, is then above where it stood before it.
        upto = [*accumulate(move.mwh for move in after)]
        staying = {len(before) + n for n, move in enumerate(after) if 2 * (max(upto[-ENDING:]) - upto[n]) >= -move.mwh}
        lasting = [n for n in _lasting(moves) if n < len(before) or n in staying]
        lasting = _credible(moves, lasting, sum(len(near) - 1 for near in nearest))
        sides = [moves[n] for n in lasting if n < len(before)], [moves[n] for n in lasting if n >= len(before)]
        return max(sides[0], key=_pace, default=None), max(sides[1], key=_pace, default=None)

    def _between(self, i: int, j: int) -> list[int]:
        return self._have[bisect_left(self._have, i) : bisect_right(self._have, j)]

    def _before(self, i: int) -> list[int]:
        at = bisect_left(self._have, i)
        near = self._have[max(0, at - CONTEXT) : at + 1]
        return [k for k in near if self._times[k] >= self._times[i] - REACH_US]

    def _after(self, j: int) -> list[int]:
        at = bisect_left(self._have, j)
        near = self._have[at : at + CONTEXT + 1]
        return [k for k in near if self._times[k] <= self._times[j] + REACH_US]

    def _moves(self, near: Sequence[int]) -> Iterator[Move]:
        # The fall to values that have lost decimal places would else take back a rise that was counted.
        values, since = restored([self._register[k] for k in near]), 0
        for n, k in enumerate(near):
            change = values[n] - values[since]
            if change:
                # Since when a register counts that showed 0 is not known.
                yield Move(change, self._times[k] - self._times[near[since]] if values[since] else REACH_US)
                since = n

    def _standing(self, i: int, j: int) -> int:
        """Time of the step and of the standstill that it ends, as far as that is near."""
        since = i
        for k in reversed(self._before(i)):
            if self._register[k] != self._register[i]:
                break
            since = k
        return self._times[j] - self._times[since]
