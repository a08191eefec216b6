"""Ids and cuts of nights in a row, under clocks that are right, ahead, and set back."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from batch_layer.runs import cut_of, next_run
from batch_layer.schedule import midnight

NOW = datetime(2026, 3, 10, 0, 10, tzinfo=timezone.utc)
DAY = timedelta(days=1)


@given(st.lists(st.integers(-800, 800), min_size=1, max_size=12))
def test_every_night_has_a_newer_id_whatever_the_clock_said(days: list[int]) -> None:
    known: list[tuple[str, datetime]] = []
    for day in days:
        now = NOW + day * DAY
        run = next_run(now, midnight(now), known)
        assert all(run.run_id > run_id for run_id, _ in known)
        assert run.cut <= now
        assert run.previous_cut is None or run.previous_cut <= run.cut
        known.append((run.run_id, run.cut))


def test_a_night_after_a_clock_that_was_a_year_ahead_goes_on_and_says_so() -> None:
    right, ahead = NOW - DAY, NOW + 365 * DAY
    known = [(f"{at:%Y%m%dT%H%M%SZ}", midnight(at)) for at in (right, ahead)]
    run = next_run(NOW, midnight(NOW), known)
    assert run.run_id == f"{ahead + timedelta(seconds=1):%Y%m%dT%H%M%SZ}"
    assert (run.cut, run.previous_cut, run.cut_ahead) == (midnight(NOW), midnight(right), midnight(ahead))
    following = next_run(NOW + DAY, midnight(NOW + DAY), [*known, (run.run_id, run.cut)])
    assert following.run_id > run.run_id
    assert (following.cut, following.previous_cut, following.cut_ahead) == (midnight(NOW + DAY), run.cut, None)


def test_an_earlier_day_recomputes_under_the_newest_cut() -> None:
    known = [(f"{NOW:%Y%m%dT%H%M%SZ}", midnight(NOW))]
    again = next_run(NOW + timedelta(hours=1), cut_of((NOW - 5 * DAY).date()), known)
    assert (again.cut, again.cut_ahead) == (midnight(NOW), None)
