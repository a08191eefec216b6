"""The samples of one register in order of time, and what power and capacity say about the energy between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from energy.registers.pace import CONTEXT, HOUSEHOLD_MW, LIKE, MW_US, SLACK_US, Pace, unquestioned, with_slack
from energy.registers.power import GAP_US, credible_power, lasting_median, most_in
from energy.registers.resolution import coarse_count, count_of

HEADROOM = 1.5
"""A plant may exceed its capacity by this factor for a while: cloud edges, and a nominal power that is round."""
SPARE_POWER = 10
"""Power may have been so many times that at a step's ends, or one sample beyond: the sun may have come out."""
SPARE_MWH = 1_000_000
"""Energy (mWh) that a step may show beyond what power allows."""
SPARE_FLOW_MWH = 100_000
"""Energy (mWh) that may flow beyond that while a register was not to be read."""
OFF_BY = 3.0
"""Power is believed where it agrees with the register within this factor on most of the register's steps."""
CATALOGUE_ERRS = 4
"""Samples beyond the capacity, more than half of all, that show that the catalogue errs."""


class Samples:
    """Times (microseconds, ascending, unique), register (mWh or None) and power (mW, not negative, or None)."""

    def __init__(
        self,
        times: Sequence[int],
        register: Sequence[int | None],
        power: Sequence[int | None],
        capacity_w: float | None,
    ) -> None:
        self.times = times
        self.register = list(register)
        self._capacity_mw = None if capacity_w is None else round(capacity_w * 1000 * HEADROOM)
        if self._capacity_mw is not None and self._capacity_is_wrong(power):
            self._capacity_mw = None
        self.power, self.replaced = credible_power(times, power, register, self._capacity_mw)
        self.pace = Pace(times, register, power)
        self._add_up()
        self.power_believed = self._power_agrees()

    def _add_up(self) -> None:
        # Up to each sample: twice the energy in mW * us, the same by the lesser of each two powers, and how often
        # power was not known.
        self._twice, self._surely, self._unknown = [0], [0], [0]
        for (t0, p0), (t1, p1) in pairwise(zip(self.times, self.power, strict=True)):
            if p0 is None or p1 is None or t1 - t0 > GAP_US:
                self._twice.append(self._twice[-1])
                self._surely.append(self._surely[-1])
                self._unknown.append(self._unknown[-1] + 1)
            else:
                self._twice.append(self._twice[-1] + (p0 + p1) * (t1 - t0))
                self._surely.append(self._surely[-1] + 2 * min(p0, p1) * (t1 - t0))
                self._unknown.append(self._unknown[-1])

    def powered(self, i: int, j: int) -> bool:
        """Whether power is known all the way from sample ``i`` to ``j``."""
        return self._unknown[i] == self._unknown[j]

    def integral(self, i: int, j: int) -> int | None:
        """Energy (mWh) that power gives between two samples; None where it is not known all the way or not believed."""
        if not (self.power_believed and self.powered(i, j)):
            return None
        return (self._twice[j] - self._twice[i]) // (2 * MW_US)

    def least(self, i: int, j: int) -> int:
        """Energy (mWh) that surely flowed between two samples by the lesser of each two powers; 0 where not known."""
        if not self.power_believed:
            return 0
        return (self._surely[j] - self._surely[i]) // (2 * MW_US)

    def reaches(self, i: int, j: int) -> tuple[int, int] | None:
        """The bounds from :meth:`least` to the like by the greater of each two powers; None as :meth:`integral`."""
        integral = self.integral(i, j)
        return None if integral is None else (self.least(i, j), 2 * integral - self.least(i, j))

    def is_frozen(self, i: int, j: int) -> bool:
        """Whether power repeats itself to the last digit from sample ``i`` to ``j``."""
        return self.power[i] is not None and self.repeats_since(i, j) == i

    def repeats_since(self, i: int, j: int) -> int:
        """The sample from ``i`` on from which power repeats itself to the last digit up to ``j``."""
        since = j
        while since > i and self.power[since - 1] == self.power[j] is not None:
            since -= 1
        return since

    def forget_power(self, i: int, j: int) -> None:
        """Take back the power after sample ``i`` up to ``j``."""
        self.power[i + 1 : j + 1] = [None] * (j - i)
        self._add_up()

    def most(self, i: int, j: int) -> int:
        """The most energy (mWh) between two samples that capacity allows, else power, else the pace near them."""
        span = self.times[j] - self.times[i]
        if self._capacity_mw is not None:
            allowed = self._capacity_mw * (span + SLACK_US) // MW_US
            integral = self.integral(i, j)
            return allowed if integral is None else max(allowed, 2 * integral)
        if not self.is_bounded(i, j):
            return self.pace.most(i, j)
        highest = max(power or 0 for power in self.power[max(0, i - 1) : j + 2])
        return SPARE_POWER * highest * with_slack(span) // MW_US + SPARE_MWH

    def is_bounded(self, i: int, j: int) -> bool:
        """Whether capacity or power bounds the energy between two samples."""
        return self._capacity_mw is not None or (self.power_believed and self.powered(i, j))

    def bound(self, span: int) -> int:
        """The most energy (mWh) in ``span`` microseconds; see :func:`most_in`."""
        return most_in(self._capacity_mw, span)

    def greatest(self, i: int, j: int) -> int:
        """Upper bound (mWh) of the energy between two samples where the register does not tell it."""
        span = self.times[j] - self.times[i]
        if self._capacity_mw is not None:
            return self.bound(span)
        return max(self.pace.most(i, j), HOUSEHOLD_MW * span // MW_US)

    def plausible(self, i: int, j: int) -> bool:
        """Whether the step from ``i`` up to ``j`` can have happened; a count or two more is only resolution."""
        before, after = self.register[i], self.register[j]
        if before is None or after is None or after < before:
            return False
        if after == before:
            return True
        beyond = after - before - self.most(i, j)
        return beyond <= 0 or beyond <= 2 * count_of(before, after)

    def usual(self, i: int, j: int) -> int | None:
        """Energy (mWh) that power gives, else the pace near the step, and two counts; None where neither tells."""
        integral = self.integral(i, j)
        usual = self.pace.usual(i, j) if integral is None else integral + integral // 10
        return None if usual is None else usual + 2 * count_of(self.register[i] or 0, self.register[j] or 0)

    def is_first(self, i: int) -> bool:
        """Whether none of the :data:`CONTEXT` samples before ``i`` has a register that shows more than 0."""
        return not any(self.register[max(0, i - CONTEXT) : i])

    def climbed(self, i: int, j: int) -> bool:
        """Whether the step from ``i`` up to ``j`` is like those near it and like power, and so what was counted."""
        before, after = self.register[i] or 0, self.register[j] or 0
        span = self.times[j] - self.times[i]
        usual = self.pace.usual(i, j)
        allowed = unquestioned(span) if usual is None else max(LIKE * usual, usual * with_slack(span) // span)
        return self.flowed(i, j) and after - before <= allowed + 2 * count_of(before, after)

    def flowed(self, i: int, j: int) -> bool:
        """Whether the step from ``i`` up to ``j`` can have happened, and is like what power gives."""
        integral = self.integral(i, j)
        if integral is None:
            return self.plausible(i, j)
        before, after = self.register[i] or 0, self.register[j] or 0
        spare = 2 * count_of(before, after) + SPARE_FLOW_MWH
        return self.plausible(i, j) and after - before <= round(OFF_BY * integral) + spare

    def _moves(self) -> list[tuple[int, int]]:
        """Steps from one change of the register to the next, as indexes, those that rise."""
        changes: list[int] = []
        for i, value in enumerate(self.register):
            if value is not None and (not changes or value != self.register[changes[-1]]):
                changes.append(i)
        return [(i, j) for i, j in pairwise(changes) if (self.register[j] or 0) > (self.register[i] or 0)]

    def _power_agrees(self) -> bool:
        """Whether power and register speak of the same energy: a wrong unit makes power useless, not the register."""
        ratios = []
        begun = next((i for i, value in enumerate(self.register) if value is not None), 0)
        for i, j in self._moves():
            twice = self._twice[j] - self._twice[i]
            if self.powered(i, j) and twice > 0:
                rise = ((self.register[j] or 0) - (self.register[i] or 0)) * 2 * MW_US
                # Of its first count nobody saw how much had flowed before.
                count = coarse_count((self.register[i] or 0, self.register[j] or 0)) if i == begun else 0
                ratio = min(rise, max(twice, rise - count * 2 * MW_US)) / twice
                ratios.append((ratio, min(self.times[j] - self.times[i], GAP_US)))
        if ratios:
            return 1 / OFF_BY <= lasting_median(ratios) <= OFF_BY
        return self._capacity_mw is None or all((power or 0) <= self._capacity_mw for power in self.power)

    def _capacity_is_wrong(self, power: Sequence[int | None]) -> bool:
        """Whether most moves exceed the capacity, or most powers: then the catalogue errs, not the device."""
        capacity = self._capacity_mw or 0
        moves = self._moves()
        beyond = 0
        for i, j in moves:
            before, after = self.register[i] or 0, self.register[j] or 0
            allowed = capacity * (self.times[j] - self.times[i] + SLACK_US)
            beyond += (after - before) * MW_US > allowed and after - before > 2 * count_of(before, after)
        if moves:
            return beyond >= CATALOGUE_ERRS and 2 * beyond > len(moves)
        flowing = [p for p in power if p]
        above = [p for p in flowing if p > capacity]
        return len(above) >= CATALOGUE_ERRS and 2 * len(above) > len(flowing) and len(set(above)) > 1
