"""Seeded sequences of faults: totals within their bounds, and any window with its context gives the same values."""

from __future__ import annotations

import pytest

from bench.registers import failing
from energy.energy_row import QUARTER_US, to_us
from energy.registers.counters import CONTEXT, REACH, portions
from tests.support.registers.sequences import sequence

BEFORE_AND_AFTER = 2 * (CONTEXT + 1)
"""What the speed layer looks up beside a window."""
WINDOW_US = 2 * 3600 * 1_000_000
SEEDS = range(30_000, 30_600)
NEAR_THE_TRUTH = (
    *(100059, 102099, 109165, 210889, 219039, 225733, 306165, 322033, 326713),  # a marker or a small loss
    *(107113, 206125, 213055, 229413, 300150, 354817, 361748, 2031747),  # first readings
    *(101133, 110073, 211405, 212503, 219433, 223107, 233467, 354663),  # resets that look as if a register wrapped
    *(205874, 217086, 222873, 224378, 234379, 239085, 341856, 356683, 367707, 372105, 393450),  # two faults at once
    *(1023859, 1027994, 2040477, 2043830, 2051797),  # a fall beside which the register rises several times faster
)
"""Sequences whose fault differs little from what the register might have counted."""


def test_no_total_is_out_of_its_bounds_or_without_a_cause() -> None:
    assert failing([*SEEDS, *NEAR_THE_TRUTH]) == []


@pytest.mark.parametrize("seeds", [range(SEEDS.start, SEEDS.start + 300, 2)], ids=["150-sequences"])
def test_any_window_of_a_fault_is_a_part_of_the_whole(seeds: range) -> None:
    for seed in seeds:
        of = sequence(seed)
        times = [to_us(time) for time, *_ in of.samples]
        if times[1] - times[0] > WINDOW_US:
            continue
        whole = portions(of.samples, of.capacity_w)
        reach = REACH.total_seconds() * 1_000_000
        for begin in range(times[0] // WINDOW_US * WINDOW_US, times[-1], WINDOW_US):
            end = begin + WINDOW_US
            at = [*zip(times, of.samples, strict=True)]
            before = [sample for time, sample in at if begin - reach <= time < begin][-BEFORE_AND_AFTER:]
            inside = [sample for time, sample in at if begin <= time < end]
            after = [sample for time, sample in at if end <= time <= end + reach][:BEFORE_AND_AFTER]
            seen = portions(before + inside + after, of.capacity_w)
            for period in range(begin, end, QUARTER_US):
                assert seen.get(period) == whole.get(period), (seed, of.name)
