"""Registers as read (``*_total_wh``) made into energy of quarter-hours; the one engine both layers call.

A register's step between two samples is shared over the quarter-hours it crosses, by power where power is known at
its ends, else by time, so that quarter-hours add up to the register's rise to the mWh. Values not to be
believed are left out in ``energy.registers.outliers``, steps classified in ``energy.registers.deltas``; the outcome is
named in ``cause``:

==========  ======================================================  =============================================
cause       what happened                                           what becomes of it
==========  ======================================================  =============================================
momentary   a zero or a marker that goes again; an absurd power      not believed; the step across it is shared
wrap        went over 16 or 32 bits, or all digits                  the step over the edge, exactly
reset       fell to zero and counts on                              what it counted since, or power; bounded
replaced    fell to another meter's value                           power, else unknown: bounded, not covered
jump        rose beyond what capacity, power or pace allow          power, else unknown: bounded, not covered
stuck       stood still under power                                 shared over the standstill if it caught up,
                                                                    or if power stood, too; else power
correction  a small fall that stays, or a register that trembles  near it power, else its highest value; bounded
gap         readings are missing (``pace.is_hole``)                 total known, shared (``spread``), bounded
==========  ======================================================  =============================================

A step is bounded by the capacity where it is known, else by believed power, else by the pace of the steps near it
(:mod:`energy.registers.pace`). One count backwards is jitter and is levelled. A coarse register that stands between
two counts under power is shared by power, each period bounded by the count. Where there is power and no register,
power is integrated (trapezoid over gaps up to ``POWER_GAP``; method ``integrated``), bounded by the lesser and greater
of each two powers; in a single step that the register did not count, as at a reset, by what may flow between two, and
in one over several samples likewise where two are more than a minute apart. So is each share where power shares a step
over several samples.

**Window.** A value depends on the two samples of each step, and on those beside them where a step is doubtful. For
exact values of ``start``..``end`` give every sample inside, and on each side the nearest ``CONTEXT`` samples within
``REACH``. A doubtful stretch (a zero night, a standstill) longer than that is valued alike by any window that holds it
and the good samples around it; from ``BRIDGE`` before to ``BRIDGE`` after always does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from energy.conflict import greater
from energy.energy_row import to_mwh, to_us
from energy.registers.apportion import ALL_TIME, Window
from energy.registers.fast_path import Course, advance
from energy.registers.full_path import portions_by_full_path
from energy.registers.pace import CONTEXT, REACH_US
from energy.registers.portion import Portion

__all__ = [
    "ANY_HOLE",
    "BRIDGE",
    "CONTEXT",
    "REACH",
    "Course",
    "Portion",
    "advanced_course",
    "energy_of_columns",
    "portions",
]

BRIDGE = timedelta(hours=24)
"""The longest time between two samples over which a register's step is shared by whoever sees a window only."""
_BRIDGE_US = BRIDGE // timedelta(microseconds=1)
ANY_HOLE = timedelta.max
"""``bridge`` of whoever has the samples on both sides of every hole: no step is lost, however long the hole."""
NEIGHBOURS = 2 * (CONTEXT + 1)
"""Readings looked at on each side of a window: the bridging sample and those it is validated by, twice, because a
device may tell its registers in every other message only."""
REACH = timedelta(microseconds=REACH_US)
"""The greatest distance of samples beyond a window, :data:`CONTEXT` on each side, by which steps are classified."""


def portions(
    samples: Iterable[tuple[datetime, float | None, float | None]],
    capacity_w: float | None = None,
    bridge: timedelta = BRIDGE,
) -> dict[int, Portion]:
    """Energy by quarter-hour (its start in microseconds from the epoch) of one register.

    ``samples`` are (time, register in Wh, power in W), in any order and with any repeats; two different values of one
    time are merged by ``energy.conflict``. ``capacity_w`` is what the plant can give, None where unknown. Steps longer
    than ``bridge`` are not shared; whoever has a register's whole history may bridge any hole.
    """
    merged: dict[int, tuple[float | None, float | None]] = {}
    for time, wh, w in samples:
        at = to_us(time)
        if at in merged:
            held_wh, held_w = merged[at]
            merged[at] = _either(held_wh, wh), _either(held_w, w)
        else:
            merged[at] = wh, w
    times = sorted(merged)
    return energy_of_columns(
        times, [merged[at][0] for at in times], [merged[at][1] for at in times], capacity_w, bridge
    )


def energy_of_columns(
    times: Sequence[int],
    register_wh: Sequence[float | None],
    power_w: Sequence[float | None],
    capacity_w: float | None,
    bridge: timedelta = BRIDGE,
    window: Window = ALL_TIME,
) -> dict[int, Portion]:
    """:func:`portions` of columns already in order: unique ``times`` in microseconds, registers in Wh, powers in W.

    Of a hole of more than :data:`BRIDGE` only the periods in ``window`` are given: one of years has a million.
    """
    columns = times, *exactly(register_wh, power_w), capacity_w, bridge // timedelta(microseconds=1)
    if window != ALL_TIME and any(after - before > _BRIDGE_US for before, after in pairwise(times)):
        return portions_by_full_path(*columns, window)
    course = advance(None, *columns)
    return portions_by_full_path(*columns) if course is None else course.portions(capacity_w)


def advanced_course(
    course: Course | None,
    times: Sequence[int],
    register_wh: Sequence[float | None],
    power_w: Sequence[float | None],
    capacity_w: float | None,
) -> Course | None:
    """``course`` with the samples after it (None: from the first on), as long as the register is plain, else None.

    Columns as in :func:`energy_of_columns`, holes bridged up to :data:`BRIDGE`: its portions are those of all samples.
    """
    return advance(course, times, *exactly(register_wh, power_w), capacity_w, BRIDGE // timedelta(microseconds=1))


def exactly(
    register_wh: Sequence[float | None], power_w: Sequence[float | None]
) -> tuple[list[int | None], list[int | None]]:
    """Registers in whole mWh, powers in whole mW and never negative."""
    register = [None if wh is None else to_mwh(wh) for wh in register_wh]
    return register, [None if w is None else (round(w * 1000) if w > 0 else 0) for w in power_w]


def _either(a: float | None, b: float | None) -> float | None:
    if a is None or b is None:
        return b if a is None else a
    return greater(a, b)
