"""Sharing a known amount of energy over the quarter-hours it fell in, without losing a mWh to rounding."""

from __future__ import annotations

from collections.abc import Iterator

from energy.rows import QUARTER_US


def by_time(amount: int, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Share ``amount`` mWh over ``begin``..``end`` (microseconds) evenly: (period, mWh, microseconds) each.

    The energy up to an edge is ``amount * (edge - begin) / (end - begin)`` rounded to a mWh, and a period's share
    the difference between its edges: shares add up to ``amount`` and depend on nothing but the arguments.
    """
    span = end - begin
    before, edge = 0, begin
    period = begin - begin % QUARTER_US
    while edge < end:
        following = min(period + QUARTER_US, end)
        upto = (2 * amount * (following - begin) + span) // (2 * span)
        yield period, upto - before, following - edge
        before, edge = upto, following
        period += QUARTER_US
