"""Of a hole only what falls into a window is counted, and each part is what it is when the whole hole is counted."""

from __future__ import annotations

import time
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from energy.energy_row import QUARTER_US
from energy.registers.apportion import by_time
from energy.registers.counters import ANY_HOLE, energy_of_columns

HOUR = 3_600_000_000
DAY = 24 * HOUR
samples = st.lists(
    st.tuples(
        st.one_of(st.integers(1, HOUR), st.integers(DAY, 40 * DAY)),
        st.integers(-3000, 30_000),
        st.one_of(st.none(), st.integers(0, 6000)),
    ),
    min_size=2,
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(samples, st.sampled_from([None, 5000.0]), st.integers(0, 60 * 96), st.integers(1, 7 * 96), st.booleans())
def test_a_window_gives_what_the_whole_gives_there(
    made: list[tuple[int, int, int | None]], capacity: float | None, first: int, length: int, has_power: bool
) -> None:
    at, wh = 0, 50_000.0
    times, register, power = [], [], []
    for span, rise, watts in made:
        at, wh = at + span, max(0.0, wh + rise)
        times.append(at)
        register.append(wh)
        power.append(watts if has_power else None)
    window = first * QUARTER_US, (first + length) * QUARTER_US
    whole = energy_of_columns(times, register, power, capacity, ANY_HOLE)
    part = energy_of_columns(times, register, power, capacity, ANY_HOLE, window)
    inside = {period: portion for period, portion in whole.items() if window[0] <= period < window[1]}
    assert {period: portion for period, portion in part.items() if window[0] <= period < window[1]} == inside


@given(st.integers(0, 10**9), st.integers(0, 5 * DAY), st.integers(1, 5 * DAY), st.integers(0, 900), st.integers(1, 99))
def test_shares_of_windows_side_by_side_are_the_shares_of_all(
    amount: int, begin: int, span: int, edge: int, length: int
) -> None:
    all_shares = list(by_time(amount, begin, begin + span))
    assert sum(mwh for _, mwh, _ in all_shares) == amount
    window = edge * QUARTER_US, (edge + length) * QUARTER_US
    assert list(by_time(amount, begin, begin + span, window)) == [
        share for share in all_shares if window[0] <= share[0] < window[1]
    ]


def test_every_week_of_a_hole_of_26_years_is_counted_within_seconds() -> None:
    week = timedelta(weeks=1) // timedelta(microseconds=1)
    weeks = 26 * 52
    times = [0, 5 * 60_000_000, weeks * week - 300_000_000, weeks * week]
    began, total = time.process_time(), 0
    for n in range(weeks):
        window = n * week, (n + 1) * week
        found = energy_of_columns(times, [0.0, 1.0, 9e6, 9e6 + 1], [None] * 4, 5000.0, ANY_HOLE, window)
        total += sum(portion.mwh for period, portion in found.items() if window[0] <= period < window[1])
    assert total == 9_000_001_000
    assert time.process_time() - began < 30
