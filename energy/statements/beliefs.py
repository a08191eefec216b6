"""Beliefs about one meter's quantity: which of several statements holds when, and how much energy it puts there.

Statements are applied in the order in which they were known. One known later replaces what it speaks of, but for
measured statements of shorter times within it: their shape stays, and where the later one is measured, too, they are
scaled to its total. Time that they leave open gets what they leave of it, at most at ten times their fastest pace.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from energy.energy_row import joined_causes

COARSER = "coarser total"
"""Cause of energy whose time a longer statement covers, too, that is known later or speaks of the same supply."""
SCALED = "scaled total"
"""Cause of measured energy that was scaled to a longer statement which is known later."""
FASTER = 10
"""Where nothing is known, energy flowed at most so many times as fast as the fastest known."""


class Belief(NamedTuple):
    """A statement of one quantity; times in microseconds from the epoch. They sort as they are applied."""

    known: int
    is_measured: bool
    mwh: int
    reversed_length: int
    """The negated length: of statements that are equal else, the shorter one is applied last."""
    begin: int
    end: int


class Held(NamedTuple):
    """Energy (mWh) of a time that one belief speaks of, and between what bounds it lies."""

    begin: int
    end: int
    mwh: int
    lower: int
    upper: int
    length: int
    """The length of the time that the statement speaks of."""
    is_measured: bool
    cause: str = ""


def belief(known: int, is_measured: bool, mwh: int, begin: int, end: int) -> Belief:
    """A belief of these values."""
    return Belief(known, is_measured, mwh, begin - end, begin, end)


def held(beliefs: Iterable[Belief]) -> Iterator[Held]:
    """Statements of one meter's quantity that hold, in order of time; nothing overlaps."""
    for island in _islands(beliefs):
        if len(island) == 1:
            yield _whole(island[0])
            continue
        found: list[Held] = []
        for each in sorted(island):
            _apply(found, each)
        yield from found


def _islands(beliefs: Iterable[Belief]) -> Iterator[list[Belief]]:
    """Beliefs that overlap each other, directly or by others."""
    island: list[Belief] = []
    until = 0
    for each in sorted(set(beliefs), key=lambda each: each.begin):
        if island and each.begin >= until:
            yield island
            island = []
        until = max(until, each.end) if island else each.end
        island.append(each)
    if island:
        yield island


def _whole(of: Belief) -> Held:
    return Held(of.begin, of.end, of.mwh, of.mwh, of.mwh, of.end - of.begin, of.is_measured)


def _apply(found: list[Held], new: Belief) -> None:
    first = bisect_right(found, new.begin, key=lambda each: each.end)
    last = bisect_left(found, new.end, key=lambda each: each.begin)
    parts = [_cut(each, new.begin, new.end) for each in found[first:last]]
    before, within, after = ([each for part in parts for each in part[n]] for n in range(3))
    finer = [each for each in within if each.is_measured and each.length < new.end - new.begin]
    found[first:last] = [*before, *(_beside(finer, new) if finer else [_whole(new)]), *after]


def _cut(each: Held, begin: int, end: int) -> list[list[Held]]:
    """The parts of ``each`` before ``begin``, up to ``end``, and after it; each has its share of the energy."""
    edges = [each.begin, min(max(begin, each.begin), each.end), max(min(end, each.end), each.begin), each.end]
    span = each.end - each.begin
    amounts = [
        [(2 * amount * (edge - each.begin) + span) // (2 * span) for edge in edges]
        for amount in (each.mwh, each.lower, each.upper)
    ]
    parts = []
    for n, (start, until) in enumerate(pairwise(edges)):
        mwh, lower, upper = (amount[n + 1] - amount[n] for amount in amounts)
        part = each._replace(begin=start, end=until, mwh=mwh, lower=min(lower, mwh), upper=max(upper, mwh))
        parts.append([part] if start < until else [])
    return parts


def _beside(finer: Sequence[Held], new: Belief) -> list[Held]:
    """``finer`` energy within ``new``, scaled to it where that is measured, and what flowed in the time left open."""
    edges = [new.begin, *(edge for each in finer for edge in (each.begin, each.end)), new.end]
    gaps = [(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True) if begin < end]
    uncovered = sum(end - begin for begin, end in gaps)
    length = new.end - new.begin
    if not new.is_measured:
        kept = [each._replace(cause=joined_causes((each.cause, COARSER))) for each in finer]
        return sorted([*kept, *_even(gaps, new.mwh * uncovered // length, new)])
    known = sum(each.mwh for each in finer)
    rest = max(0, new.mwh - known)
    if known:
        fastest = max(each.mwh / (each.end - each.begin) for each in finer)
        rest = min(rest, round(FASTER * fastest * uncovered))
    elif not uncovered and new.mwh:
        return [_whole(new)._replace(cause=COARSER)]  # nothing has a shape
    return sorted([*_scaled(finer, known, new.mwh - rest), *_even(gaps, rest, new)])


def _scaled(finer: Sequence[Held], known: int, total: int) -> list[Held]:
    """``finer`` of ``known`` mWh in sum with ``total`` mWh instead; the truth lies between both."""
    if known == total:
        return [each._replace(cause=joined_causes((each.cause, COARSER))) for each in finer]
    sums = [0, *accumulate(each.mwh for each in finer)]
    upto = [(2 * total * each + known) // (2 * known) for each in sums]
    scaled = []
    for each, (before, after) in zip(finer, pairwise(upto), strict=True):
        mwh = after - before
        lower, upper = min(each.lower, mwh), max(each.upper, mwh)
        cause = joined_causes((each.cause, SCALED))
        scaled.append(each._replace(mwh=mwh, lower=lower, upper=upper, cause=cause))
    return scaled


def _even(gaps: Sequence[tuple[int, int]], mwh: int, new: Belief) -> Iterator[Held]:
    """``mwh`` in the ``gaps`` that others leave of ``new``, evenly."""
    total = sum(end - begin for begin, end in gaps)
    past = before = 0
    for begin, end in gaps:
        past += end - begin
        upto = (2 * mwh * past + total) // (2 * total)
        part = upto - before
        yield Held(begin, end, part, part, part, new.end - new.begin, new.is_measured, COARSER)
        before = upto
