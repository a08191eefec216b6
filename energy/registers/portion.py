"""A portion of a register in one quarter-hour, and its bounds where the register is in doubt by an amount."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from energy.energy_row import METHOD_RANK, QUARTER_US, joined_causes
from energy.registers.samples import Samples
from energy.registers.standstill import ValidRegister


class Portion(NamedTuple):
    """The known energy of one register in one quarter-hour; in mWh, time covered in microseconds."""

    mwh: int
    covered: int
    method: str = "measured"
    lower: int = 0
    upper: int = 0
    cause: str = ""

    def plus(self, other: Portion) -> Portion:
        """Both together: as sure as the less sure of them."""
        method = max(self.method, other.method, key=METHOD_RANK.__getitem__)
        cause = self.cause
        if other.cause and other.cause != cause:
            cause = joined_causes(f"{cause},{other.cause}".split(","))
        return Portion(
            self.mwh + other.mwh,
            self.covered + other.covered,
            method,
            self.lower + other.lower,
            self.upper + other.upper,
            cause,
        )


def bounded(
    shares: Sequence[tuple[int, int, int]], total: tuple[int, int], most: Callable[[int], int], span: int
) -> Iterator[tuple[int, Portion]]:
    """``shares`` of a step of ``span`` us whose distribution nobody saw, each with its bounds.

    ``total``: least and most mWh of the whole step. A period may have had all of it, as far as ``most`` (mWh in so many
    microseconds) allows, or what the others can't.
    """
    lower, upper = total
    for period, mwh, us in shares:
        least = max(0, lower - most(span - us))
        greatest = min(upper, max(mwh, most(us)))
        yield period, Portion(mwh, us, "spread", min(least, mwh), greatest, "gap")


def bound_by_doubts(of: Samples, valid: ValidRegister, found: dict[int, Portion]) -> None:
    """Widen in place the bounds of the portions ``found`` by what is doubted of them."""
    if not valid.doubts:
        return
    reads = [of.times[i] for i in valid.read], [of.register[i] or 0 for i in valid.read]
    for doubt in valid.doubts:
        for period in range(of.times[doubt.first] // QUARTER_US * QUARTER_US, of.times[doubt.last], QUARTER_US):
            if period in found:
                wide = _within(reads, period, found[period], doubt.mwh)
                most = max(found[period].upper, of.bound(QUARTER_US))
                found[period] = wide._replace(upper=min(wide.upper, most))


def _within(reads: tuple[Sequence[int], Sequence[int]], period: int, portion: Portion, doubt: int) -> Portion:
    """The ``portion`` of a ``period`` with the bounds of a register that tells energy to ``doubt`` mWh only."""
    times, register = reads
    begin, end = bisect_right(times, period), bisect_left(times, period + QUARTER_US)
    wide = [register[n] for n in (max(0, begin - 1), min(end, len(register) - 1))]
    begin, end = bisect_left(times, period), bisect_right(times, period + QUARTER_US) - 1
    within = [register[n] for n in (begin, end)] if begin < end else [0, 0]
    lower = max(0, within[1] - within[0] - doubt)
    upper = max(0, wide[1] - wide[0]) + doubt
    if portion.cause in ("", "correction"):
        return portion._replace(lower=min(lower, portion.mwh), upper=max(upper, portion.mwh))
    return portion._replace(lower=min(lower, portion.lower), upper=max(upper, portion.upper))
