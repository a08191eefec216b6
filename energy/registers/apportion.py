"""Sharing a known amount of energy over the quarter-hours it fell in, without losing a mWh to rounding.

The energy up to an edge is the amount times the edge's share, rounded to a mWh, and a period's part the difference
between its edges: parts add up to the amount and depend on nothing but the arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from energy.energy_row import QUARTER_US

Window = tuple[int, int]
"""Start and end, microseconds from the epoch, at edges of quarter-hours."""
ALL_TIME: Window = (-(2**63), 2**63)


def by_time(amount: int, begin: int, end: int, window: Window = ALL_TIME) -> Iterator[tuple[int, int, int]]:
    """Share ``amount`` mWh over ``begin``..``end`` (microseconds) evenly: (period, mWh, microseconds) each.

    Only the parts inside ``window`` are given, each as it is without one.
    """
    span = end - begin
    edge, until = max(begin, window[0]), min(end, window[1])
    before = (2 * amount * (edge - begin) + span) // (2 * span) if edge > begin else 0
    period = edge - edge % QUARTER_US
    while edge < until:
        following = min(period + QUARTER_US, end)
        upto = (2 * amount * (following - begin) + span) // (2 * span)
        yield period, upto - before, following - edge
        before, edge = upto, following
        period += QUARTER_US


def by_power(amount: int, times: Sequence[int], power: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Share ``amount`` mWh as power ran: ``power`` (mW) at ``times`` (microseconds), straight between them."""
    # Twice the area under the power up to each time.
    areas = [0]
    for n in range(1, len(times)):
        areas.append(areas[-1] + (power[n - 1] + power[n]) * (times[n] - times[n - 1]))
    total = areas[-1]
    if total == 0:
        yield from by_time(amount, times[0], times[-1])
        return
    before, edge, n = 0, times[0], 1
    period = edge - edge % QUARTER_US
    while edge < times[-1]:
        following = min(period + QUARTER_US, times[-1])
        while times[n] < following:
            n += 1
        past, span = following - times[n - 1], times[n] - times[n - 1]
        area = areas[n - 1] + 2 * power[n - 1] * past + (power[n] - power[n - 1]) * past * past // span
        upto = (2 * amount * area + total) // (2 * total)
        yield period, upto - before, following - edge
        before, edge = upto, following
        period += QUARTER_US


def areas_under(begin: int, end: int, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """Twice the area under power going straight from ``first`` to ``last`` mW: (period, mW * us, us) each."""
    span, before, edge = end - begin, 0, begin
    period = begin - begin % QUARTER_US
    while edge < end:
        following = min(period + QUARTER_US, end)
        past = following - begin
        area = 2 * first * past + (last - first) * past * past // span
        yield period, area - before, following - edge
        before, edge = area, following
        period += QUARTER_US
