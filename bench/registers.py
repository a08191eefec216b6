"""Seeded sequences of register and power faults at every sampling rate: what is beyond its bounds, what has no cause.

Beside each a register with holes alone, of which every quarter-hour is compared. ``solera bench registers [SEQUENCES
[FIRST SEED]]``; a million unless said otherwise. Each seed names a sequence for ever; the first ones that fail are
named.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

from rich.console import Console
from rich.progress import track

from energy.energy_row import to_us
from energy.registers.counters import ANY_HOLE, portions
from energy.registers.pace import MW_US
from tests.support.registers.holes import holed
from tests.support.registers.sequences import Sequence, sequence

SEQUENCES = 1_000_000
AT_ONCE = 500
BEYOND = 10
"""Times its true energy that a sequence may show without a cause, at most."""


class Comparison(NamedTuple):
    """The energy of a sequence beside its truth: whether it lies out of its bounds, or is large without a cause."""

    seed: int
    name: str
    is_out_of_bounds: bool
    is_without_cause: bool


def compared(seed: int) -> Comparison:
    """The energy of one sequence beside its truth."""
    of = sequence(seed)
    found = portions(of.samples, of.capacity_w, ANY_HOLE).values()
    spare = slack_mwh(of)
    lower, upper = sum(p.lower for p in found), sum(p.upper for p in found)
    true = round(of.true_wh * 1000)
    # Time that is not covered may have given as much as any other.
    covered, whole = sum(p.covered for p in found), to_us(of.samples[-1][0]) - to_us(of.samples[0][0])
    upper += (whole - covered) * round(of.greatest_w * 1000) // MW_US
    unexplained = sum(p.mwh for p in found if not p.cause)
    return Comparison(
        seed,
        of.name,
        not lower - spare <= true <= upper + spare,
        unexplained > BEYOND * true + spare,
    )


def slack_mwh(of: Sequence) -> int:
    """What counts and the trapezoid can't tell: two counts at each end of each fault, and 2 % of power's energy."""
    return round((8 * of.count_wh + 0.02 * of.true_wh) * 1000)


def failing(seeds: Iterable[int]) -> list[Comparison]:
    """The sequences of ``seeds`` that fail."""
    return [each for each in map(compared, seeds) if each.is_out_of_bounds or each.is_without_cause]


def beside_holes(seed: int) -> int:
    """The quarter-hours of a register with holes that lie out of their bounds, two roundings of a mWh aside."""
    of = holed(random.Random(seed))
    found = portions(of.samples, of.capacity_w, ANY_HOLE)
    return sum(
        not (period in found and found[period].lower - 2 <= true <= found[period].upper + 2)
        for period, true in of.true_mwh.items()
    )


def checked(seeds: range) -> tuple[list[Comparison], int]:
    """The sequences of ``seeds`` that fail, and the quarter-hours beside holes."""
    return failing(seeds), sum(map(beside_holes, seeds))


def main() -> int:
    """Print the counts, and what fails by kind; 1 if anything does."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SEQUENCES
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    console = Console(highlight=False)
    failed: list[Comparison] = []
    missed = 0
    parts = [range(at, min(at + AT_ONCE, first + count)) for at in range(first, first + count, AT_ONCE)]
    with ProcessPoolExecutor() as pool:
        for some, quarters in track(pool.map(checked, parts), "sequences", total=len(parts), console=console):
            failed += some
            missed += quarters
    console.print(f"{count:,} sequences")
    console.print(f"totals outside their bounds: {sum(each.is_out_of_bounds for each in failed)} (bar 0)")
    console.print(
        f"energy beyond {BEYOND} times the pace without a cause: {sum(e.is_without_cause for e in failed)} (bar 0)"
    )
    console.print(f"quarter-hours beside holes outside their bounds: {missed} (bar 0)")
    for name, times in Counter(each.name for each in failed).most_common(12):
        seeds = [each.seed for each in failed if each.name == name][:3]
        console.print(f"  {times} x {name}, as seed {', '.join(map(str, seeds))}")
    return int(bool(failed) or missed > 0)


if __name__ == "__main__":
    sys.exit(main())
