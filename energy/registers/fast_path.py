"""The plain case: a register that only rises, as much as capacity and power allow.

Nearly all data are plain, so this is quick. It gives up at the first doubt, and ``energy.registers.full_path``
validates all samples; on plain ones both give the same portions. A plain register goes on sample by sample: a
:class:`Course` and the samples after it give what all samples together give.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, TypeGuard

from energy.energy_row import QUARTER_US
from energy.registers.apportion import by_power, by_time
from energy.registers.pace import CONTEXT, SLACK_US, is_hole
from energy.registers.plain import Column, Columns, Standing, plain_standing, shows_marker
from energy.registers.portion import Portion, bounded
from energy.registers.power import GAP_US, most_in
from energy.registers.resolution import COUNTS
from energy.registers.samples import HEADROOM

KWH = COUNTS[0]
Shares = list[tuple[int, int, int]]


class Course(NamedTuple):
    """A plain register up to its last sample: time in microseconds, register in mWh, power in mW.

    ``begun`` is time and register at the first sample of the last one's quarter-hour, which ends at ``edge``. ``sums``
    holds energy and time covered of the quarter-hours before, and of shares of steps across an edge; ``gaps`` the
    shares of steps with a hole; ``before`` the times of the samples before the last that tell the usual step.
    """

    time: int
    register: int
    power: int | None
    standing: Standing
    begun: tuple[int, int]
    edge: int
    sums: dict[int, tuple[int, int]]
    gaps: tuple[Shares, ...] = ()
    before: Sequence[int] = ()

    def portions(self, capacity_w: float | None = None) -> dict[int, Portion]:
        """Portions of each quarter-hour (its start in microseconds from the epoch); the capacity bounds gaps."""
        sums = dict(self.sums)
        _add(sums, [(self.edge - QUARTER_US, self.register - self.begun[1], self.time - self.begun[0])])
        found = {period: Portion(mwh, us, "measured", mwh, mwh) for period, (mwh, us) in sums.items()}
        for shares in self.gaps:
            step = sum(mwh for _, mwh, _ in shares)
            span = sum(us for _, _, us in shares)
            for period, portion in bounded(shares, (step, step), partial(most_in, _most_mw(capacity_w)), span):
                held = found.get(period)
                found[period] = portion if held is None else held.plus(portion)
        return found

    def since(self, period: int) -> Course:
        """The same without the quarter-hours before ``period``, and without the holes that end before it."""
        sums = {each: sums for each, sums in self.sums.items() if each >= period}
        return self._replace(sums=sums, gaps=tuple(gap for gap in self.gaps if gap[-1][0] >= period))


def advance(
    course: Course | None,
    times: Sequence[int],
    register: Column,
    power: Column,
    capacity_w: float | None,
    bridge_us: int,
) -> Course | None:
    """The course of a register with the samples after it (None: from the first on), or None if anything is in doubt.

    Units as in :class:`energy.registers.samples.Samples`; a step longer than ``bridge_us`` is not shared.
    """
    if not times or not _is_whole(register) or shows_marker(0 if course is None else course.register, register):
        return None
    if _rises_in_kwh(course, times, register, power):
        return None
    held = register[0] if course is None else course.register
    if held == 0 < register[-1]:  # it may have begun, or not been read yet
        return None
    if course is None:
        edge = times[0] - times[0] % QUARTER_US + QUARTER_US
        course = Course(times[0], register[0], power[0], Standing(0, times[0]), (times[0], register[0]), edge, {})
    last, columns = (course.time, course.register, course.power), Columns(times, register, power)
    standing = plain_standing(last, course.standing, columns, _most_mw(capacity_w))
    return None if standing is None else _with_steps(course, standing, columns, bridge_us)


def _rises_in_kwh(course: Course | None, times: Sequence[int], register: Sequence[int], power: Column) -> bool:
    """Whether the register rises from one whole kWh to another where no power tells what flows between two."""
    for n, value in enumerate(register):
        if value % KWH:
            continue
        if n:
            before = times[n - 1], register[n - 1], power[n - 1]
        elif course is not None:
            before = course.time, course.register, course.power
        else:
            continue
        is_powered = None not in (before[2], power[n]) and times[n] - before[0] <= GAP_US
        if value != before[1] and before[1] % KWH == 0 and not is_powered:
            return True
    return False


def _most_mw(capacity_w: float | None) -> int | None:
    return None if capacity_w is None else round(capacity_w * 1000 * HEADROOM)


def _is_whole(column: Column) -> TypeGuard[Sequence[int]]:
    return None not in column


def _with_steps(course: Course, standing: Standing, columns: Columns, bridge_us: int) -> Course:
    """Whole runs within a quarter-hour by their ends, steps across its edges shared, those with a hole kept apart."""
    t0, r0, p0, _, (begun, began_at), edge, sums, gaps, before = course
    sums, times = dict(sums), columns.times
    held = [*before, t0] if t0 < times[0] else []
    for t1, r1, p1 in zip(*columns, strict=True):
        if t1 > edge:
            _add(sums, [(edge - QUARTER_US, r0 - began_at, t0 - begun)])
            shares = _shared(r1 - r0, t0, t1, p0, p1)
            if t1 - t0 <= bridge_us:
                is_shared = t1 - t0 > SLACK_US and r1 > r0 and len(shares) > 1
                if is_shared and is_hole(t1 - t0, _near(held, times, bisect_left(times, t1))):
                    gaps = (*gaps, shares)
                else:
                    _add(sums, shares)
            edge = t1 + -t1 % QUARTER_US
            begun, began_at = t1, r1
        t0, r0, p0 = t1, r1, p1
    return Course(t0, r0, p0, standing, (begun, began_at), edge, sums, gaps, _near(held, times, len(times))[:-1])


def _near(held: Sequence[int], times: Sequence[int], at: int) -> Sequence[int]:
    """The last :data:`CONTEXT` of the times ``held`` and of ``times`` before their ``at``-th."""
    return times[at - CONTEXT : at] if at >= CONTEXT else [*held, *times[:at]][-CONTEXT:]


def _add(sums: dict[int, tuple[int, int]], shares: Shares) -> None:
    for period, mwh, us in shares:
        if us:
            held_mwh, held_us = sums.get(period, (0, 0))
            sums[period] = held_mwh + mwh, held_us + us


def _shared(step: int, t0: int, t1: int, p0: int | None, p1: int | None) -> Shares:
    if p0 is None or p1 is None or t1 - t0 > GAP_US:
        return list(by_time(step, t0, t1))
    return list(by_power(step, (t0, t1), (p0, p1)))
