"""The laws of the merge, over any rows, runs and cut."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from serving_layer.views.merge import BATCH, SPEED, Value, merge
from store.runs import Run, published

ZERO = datetime(2026, 3, 28, tzinfo=timezone.utc)
PERIODS = 12


def at(period: int) -> datetime:
    return ZERO + timedelta(minutes=15 * period)


def run_id(number: int) -> str:
    return f"202603{number + 10:02d}T000000Z"


starts = st.integers(0, PERIODS - 1).map(at)
energies = st.integers(0, 10_000).map(float)
run_numbers = st.integers(0, 4)
runs = st.lists(
    st.builds(
        lambda number, is_published, cut: Run(
            run_id(number), published=at(100 * (number + 1)) if is_published else None, cut=cut
        ),
        run_numbers,
        st.booleans(),
        st.integers(0, PERIODS).map(at),
    ),
    max_size=5,
    unique_by=lambda run: run.run_id,
)
batch_rows = st.lists(
    st.builds(lambda s, e, n: Value(s, e, BATCH, run_id(n)), starts, energies, run_numbers),
    max_size=30,
    unique_by=lambda v: (v.start, v.run_id),
)
speed_rows = st.lists(
    st.builds(lambda s, e: Value(s, e, SPEED, ""), starts, energies),
    max_size=PERIODS,
    unique_by=lambda v: v.start,
)


@given(batch_rows, speed_rows, runs)
def test_every_period_stands_once_and_in_order(batch: list[Value], speed: list[Value], of: list[Run]) -> None:
    merged = [value.start for value in merge(batch, speed, published(of))]

    assert merged == sorted(set(merged))


@given(batch_rows, speed_rows, runs)
def test_batch_wins_up_to_the_cut_and_speed_from_it_on(batch: list[Value], speed: list[Value], of: list[Run]) -> None:
    seen = published(of)
    merged = {value.start: value for value in merge(batch, speed, seen)}

    for period in map(at, range(PERIODS)):
        of_batch = [v for v in batch if v.start == period and v.run_id in seen.run_ids]
        of_speed = [v for v in speed if v.start == period]
        if of_batch and seen.cut is not None and period < seen.cut:
            assert merged[period] == max(of_batch, key=lambda v: v.run_id)
        elif of_speed:
            assert merged[period] == of_speed[0]
        else:
            assert period not in merged


@given(batch_rows, speed_rows, runs, st.randoms())
def test_the_order_of_rows_changes_nothing(
    batch: list[Value], speed: list[Value], of: list[Run], any_order: Random
) -> None:
    expected = merge(batch, speed, published(of))
    any_order.shuffle(batch)
    any_order.shuffle(speed)
    any_order.shuffle(of)

    assert merge(batch, speed, published(of)) == expected


@given(batch_rows, speed_rows, runs, st.integers(0, 600).map(at))
def test_as_of_says_what_the_runs_of_then_said(
    batch: list[Value], speed: list[Value], of: list[Run], as_of: datetime
) -> None:
    then = [run for run in of if run.published is not None and run.published <= as_of]

    answer = merge(batch, speed, published(of, as_of))

    assert answer == merge(batch, [], published(then))
    assert answer == merge(batch, [], published(of, as_of)), "the speed view publishes nothing"


@given(batch_rows, speed_rows, runs)
def test_an_unpublished_run_is_not_seen(batch: list[Value], speed: list[Value], of: list[Run]) -> None:
    unpublished = {run.run_id for run in of if run.published is None}

    assert unpublished.isdisjoint(value.run_id for value in merge(batch, speed, published(of)))


def test_without_a_run_everything_comes_from_the_speed_view() -> None:
    speed = [Value(at(0), 1.0, SPEED, ""), Value(at(1), 2.0, SPEED, "")]

    assert merge([Value(at(0), 9.0, BATCH, run_id(0))], speed, published([])) == speed


def test_a_night_run_for_an_earlier_day_moves_the_cut_not_back() -> None:
    late = Run(run_id(1), published=at(1), cut=at(8))
    early = Run(run_id(2), published=at(2), cut=at(4))

    assert published([early, late]).cut == at(8)
