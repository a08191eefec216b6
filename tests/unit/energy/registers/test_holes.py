"""A step in which readings are missing, by the register's own pace, is known in its sum and bounded in its shares."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.energy_row import to_mwh, to_us
from energy.registers.counters import ANY_HOLE, Course, Portion, advanced_course, portions
from tests.support.registers.holes import Holed, holed
from tests.support.registers.shapes import Sample

MIDNIGHT = datetime(2026, 6, 2, tzinfo=timezone.utc)
ROUNDING = 2


def carried(of: Holed, cuts: list[int]) -> dict[int, Portion] | None:
    """The samples in batches, each after the course of those before."""
    course: Course | None = None
    for first, last in zip([0, *cuts], [*cuts, len(of.samples)], strict=True):
        times, wh, w = zip(*of.samples[first:last], strict=True)
        course = advanced_course(course, [*map(to_us, times)], wh, w, of.capacity_w)
        if course is None:
            return None
    return None if course is None else course.portions(of.capacity_w)


@settings(max_examples=400, deadline=None)
@given(st.randoms(use_true_random=True), st.data())
def test_bounds_hold_the_truth_of_every_quarter_hour(chance: random.Random, data: st.DataObject) -> None:
    of = holed(chance)
    found = portions(of.samples, of.capacity_w, ANY_HOLE)
    first, last = of.samples[0][1] or 0, of.samples[-1][1] or 0
    if all("gap" in p.cause or not p.cause for p in found.values()):
        assert sum(p.mwh for p in found.values()) == to_mwh(last) - to_mwh(first)
    for period, true in of.true_mwh.items():
        portion = found[period]
        assert portion.lower - ROUNDING <= true <= portion.upper + ROUNDING, (of.pace_s, portion, true)
        if portion.method == "measured":
            assert abs(portion.mwh - true) <= ROUNDING
        if period in of.whole:
            assert (portion.method, portion.cause) == ("measured", "")
    cuts = sorted(data.draw(st.sets(st.integers(1, len(of.samples) - 1), max_size=6)))
    in_batches = carried(of, cuts)
    assert in_batches is None or in_batches == portions(of.samples, of.capacity_w)


def every(*runs: tuple[int, int]) -> list[Sample]:
    """A register that rises by 1 Wh a second, read so many times every so many seconds."""
    seconds = [0]
    for count, step in runs:
        seconds += [seconds[-1] + step * n for n in range(1, count + 1)]
    return [(MIDNIGHT + timedelta(seconds=s), 50_000.0 + s, None) for s in seconds]


def guessed(samples: list[Sample]) -> set[int]:
    """The quarter-hours from midnight on, by number, that are called spread."""
    found = portions(samples, None, ANY_HOLE)
    assert all(p.cause == ("gap" if p.method == "spread" else "") for p in found.values())
    return {(period - to_us(MIDNIGHT)) // 900_000_000 for period, p in found.items() if p.method == "spread"}


@pytest.mark.parametrize(
    ("pace_s", "step_s", "is_guessed"),
    [
        (5, 60, False),  # within a minute a register is not read when it is counted
        (5, 65, True),
        (60, 89, False),  # one that comes late is not missing
        (60, 120, True),
        (60, 180, True),
        (300, 440, False),
        (300, 600, True),
        (300, 900, True),
        (900, 1300, False),
        (900, 1800, True),
        (3600, 3600, True),  # no reading at the edges within
        (86_400, 86_400, True),
    ],
)
def test_a_hole_is_told_by_the_pace_of_the_series(pace_s: int, step_s: int, is_guessed: bool) -> None:
    # The step begins 30 s before an edge, or where a reading lies before one.
    early = max(30, pace_s % 900 // 2)
    samples = every((8, pace_s), (1, step_s), (1, pace_s))
    hole = samples[8][0]
    edge = MIDNIGHT + timedelta(days=10)
    shifted = [(time - hole + edge - timedelta(seconds=early), wh, w) for time, wh, w in samples]
    found = portions(shifted, None, ANY_HOLE)
    assert (found[to_us(edge)].method == "spread") == is_guessed


def test_a_series_that_slows_down_for_good_has_its_new_pace_four_steps_later() -> None:
    assert guessed(every((30, 60), (30, 420))) == {2, 3}


def test_a_series_that_quickens_has_its_new_pace_at_once() -> None:
    assert guessed(every((6, 420), (60, 60))) == set()


def test_the_first_step_of_a_run_has_no_pace() -> None:
    assert guessed(every((6, 1000), (1, 3600), (1, 1000), (6, 1000))) == {0, 1, *range(6, 12)}


def test_two_readings_lost_in_a_row_and_soon_again_leave_the_pace() -> None:
    assert guessed(every((13, 60), (1, 180), (12, 60), (1, 180), (40, 60))) == {0, 1, 2}


def test_a_spread_step_has_any_share_that_the_capacity_allows() -> None:
    samples = [(time, (wh or 0) - 50_000, None) for time, wh, _ in every((10, 60), (1, 600), (10, 60))]
    found = portions(samples, 4_000_000.0 / 1000, ANY_HOLE)
    first, second = (found[to_us(MIDNIGHT) + n * 900_000_000] for n in range(2))
    assert first.mwh + second.mwh == 1_500_000 + 300_000
    assert (first.lower, first.upper) == (700_000, 1_100_000)


def test_a_course_kept_by_an_older_version_goes_on_without_a_pace() -> None:
    times, wh, w = zip(*every((10, 60), (1, 600), (10, 60)), strict=True)
    at = [*map(to_us, times)]
    course = advanced_course(None, at[:11], wh[:11], w[:11], None)
    assert course is not None
    older = Course(*course[:-1])
    assert older.before == ()
    for each in (course, older):
        went_on = advanced_course(each, at[11:], wh[11:], w[11:], None)
        assert went_on is not None
        assert went_on.portions() == portions(zip(times, wh, w, strict=True))
