"""What held when, changed and compared."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from energy.calendar import period_start
from store.history.periods import ALWAYS, FOREVER, Change, Period, changes, from_now_on, value_at

BEGIN = datetime(2026, 3, 28, tzinfo=timezone.utc)
QUARTER = timedelta(minutes=15)
_values = st.sampled_from(["valley", "hill", None])
_instants = st.integers(0, 200).map(lambda n: BEGIN + n * QUARTER / 3)


@settings(deadline=None)
@given(st.lists(st.tuples(_values, _instants), max_size=6).map(lambda all_: sorted(all_, key=lambda each: each[1])))
def test_what_changes_from_now_on_leaves_the_past_as_it_was(steps: list[tuple[str | None, datetime]]) -> None:
    known = [Period("valley")]
    for value, now in steps:
        before, known = known, from_now_on(known, value, now)
        begun = period_start(now)
        assert value_at(known, now) == value_at(known, FOREVER - QUARTER) == value
        for n in range(-400, 400):
            at = BEGIN + n * QUARTER
            assert value_at(known, at) == (value_at(before, at) if at < begun else value)
        for one, other in pairwise(known):
            assert one.start < one.end <= other.start


@settings(deadline=None)
@given(*[st.lists(st.tuples(_values, st.integers(0, 9)), max_size=4)] * 2)
def test_changes_are_where_the_two_differ(
    one: list[tuple[str | None, int]], other: list[tuple[str | None, int]]
) -> None:
    before, after = ([*_periods(steps)] for steps in (one, other))
    found = changes(before, after)
    for n in range(-1, 11):
        at = BEGIN + n * QUARTER
        holding = [each for each in found if each.start <= at < each.end]
        now, then = value_at(after, at), value_at(before, at)
        assert [(each.before, each.after) for each in holding] == ([] if now == then else [(then, now)])


def _periods(steps: list[tuple[str | None, int]]) -> list[Period[str]]:
    edges = [*dict(sorted((n, value) for value, n in steps if value) or {}).items()]
    ends = [n for n, _ in edges[1:]]
    return [
        Period(value, BEGIN + n * QUARTER, BEGIN + end * QUARTER)
        for (n, value), end in zip(edges, [*ends, 10], strict=False)
        if n < end
    ]


def test_one_that_never_ended_changes_once_for_good() -> None:
    assert changes([Period("valley")], [Period("valley", end=BEGIN)]) == [Change("valley", None, BEGIN, FOREVER)]
    assert changes([], [Period("hill")]) == [Change(None, "hill", ALWAYS, FOREVER)]
