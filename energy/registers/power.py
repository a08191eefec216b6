"""Samples of a power that are to be believed: a marker or a bit that fell over is no power."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate

from energy.registers.pace import CONTEXT, FACTOR, HOUSEHOLD_MW, LIKE, MW_US
from energy.registers.resolution import ALL_ONES

POWER_GAP = timedelta(hours=1)
"""The longest time between two powers over which power is integrated (trapezoid)."""
GAP_US = POWER_GAP // timedelta(microseconds=1)
MAX_POWER_MW = 10**13
"""The greatest power a reading may state, 10 GW (energy.records): the bound where nothing else bounds energy."""
LONGEST = 8
"""Usual times that one step counts for at most where power and register are compared: it may be a standstill."""
CONFIRMED_BY = 2
"""Samples of like power after a sudden one that confirm it."""


def most_in(capacity_mw: int | None, span: int) -> int:
    """The most energy (mWh) in ``span`` microseconds by capacity, else by the power a reading may state."""
    return (MAX_POWER_MW if capacity_mw is None else capacity_mw) * span // MW_US


def credible_power(
    times: Sequence[int], power: Sequence[int | None], register: Sequence[int | None], most_mw: int | None
) -> tuple[list[int | None], frozenset[int]]:
    """``power`` (mW) with straight lines instead of what can't be believed, and the samples so replaced.

    Above ``most_mw`` nothing is believed; where that is None, nothing above a household's connection that is more than
    ten times each of the :data:`CONTEXT` believed samples before it, unless the next samples confirm it, or up to ten
    such connections the ``register`` (mWh) beside it. A line bridges at most :data:`POWER_GAP`; a sample that none
    bridges is None.
    """
    limit = HOUSEHOLD_MW if most_mw is None else most_mw
    if all(p is None or p <= limit for p in power):
        return list(power), frozenset()
    have = [i for i, p in enumerate(power) if p is not None]
    good: list[int] = []
    for n, i in enumerate(have):
        value = power[i] or 0
        if value <= limit:
            good.append(i)
        elif most_mw is None:
            held = max((power[k] or 0 for k in good[-CONTEXT:]), default=0)
            is_counted = value <= FACTOR * limit and _is_counted(times, register, i, value)
            if value <= FACTOR * held or is_counted or _is_confirmed(power, have[n : n + 1 + CONFIRMED_BY]):
                good.append(i)
    return _bridged(times, power, have, good)


def _is_confirmed(power: Sequence[int | None], run: Sequence[int]) -> bool:
    """Whether samples in a row are of like power, though not equal to the last digit, as a marker is, nor all ones."""
    values = [power[i] or 0 for i in run]
    is_alike = FACTOR * min(values) >= max(values) and len(set(values)) > 1
    return len(run) > CONFIRMED_BY and is_alike and ALL_ONES.isdisjoint(values)


def _is_counted(times: Sequence[int], register: Sequence[int | None], i: int, value: int) -> bool:
    """Whether the register rises to sample ``i``, or from it to the next, about as fast as its power is."""
    for a, b in ((i - 1, i), (i, i + 1)):
        if a >= 0 and b < len(times) and register[a] is not None and register[b] is not None:
            rise = (register[b] or 0) - (register[a] or 0)
            flows = value * (times[b] - times[a])
            if flows <= LIKE * rise * MW_US <= LIKE * LIKE * flows:
                return True
    return False


def _bridged(
    times: Sequence[int], power: Sequence[int | None], have: Sequence[int], good: Sequence[int]
) -> tuple[list[int | None], frozenset[int]]:
    believed = set(good)
    replaced = frozenset(i for i in have if i not in believed)
    bridged: list[int | None] = list(power)
    at = 0
    for i in sorted(replaced):
        while at < len(good) and good[at] < i:
            at += 1
        before, after = (good[at - 1] if at else None), (good[at] if at < len(good) else None)
        bridged[i] = None
        if before is None or after is None or times[after] - times[before] > GAP_US:
            continue
        low, high = power[before] or 0, power[after] or 0
        bridged[i] = low + (high - low) * (times[i] - times[before]) // (times[after] - times[before])
    return bridged, replaced


def lasting_median(lasting: Sequence[tuple[float, int]]) -> float:
    """The median of values each of which lasts for a time; of one beyond :data:`LONGEST` usual ones no more counts."""
    usual = sorted(span for _, span in lasting)[len(lasting) // 2]
    ordered = sorted((value, min(span, LONGEST * usual)) for value, span in lasting)
    upto = accumulate(span for _, span in ordered)
    whole = sum(span for _, span in ordered)
    return next(value for (value, _), until in zip(ordered, upto, strict=True) if 2 * until >= whole)
