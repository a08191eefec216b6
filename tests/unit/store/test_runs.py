"""What a reader may see: published runs, newest first, and the latest cut among them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from store.instants import instant_of, month_of, rfc3339
from store.runs import Run, published

DAY = timedelta(days=1)
NIGHT = datetime(2026, 3, 29, tzinfo=timezone.utc)


def run(night: int, is_published: bool = True) -> Run:
    cut = NIGHT + night * DAY
    return Run(f"{cut:%Y%m%dT%H%M%SZ}", cut, cut + timedelta(hours=1) if is_published else None, cut)


def test_only_published_runs_are_seen_newest_first() -> None:
    seen = published([run(0), run(2, is_published=False), run(1)])
    assert [each.run_id for each in seen.runs] == [run(1).run_id, run(0).run_id]
    assert seen.cut == run(1).cut
    assert seen.run_ids == {run(0).run_id, run(1).run_id}


def test_as_of_shows_what_was_published_then() -> None:
    seen = published([run(0), run(1)], as_of=NIGHT + timedelta(hours=2))
    assert (seen.cut, len(seen.runs)) == (NIGHT, 1)
    assert published([], None).cut is None


def test_the_newest_run_undoes_one_made_under_a_clock_that_was_ahead() -> None:
    ahead = run(365)
    after = run(1)._replace(run_id=f"{ahead.run_id[:-2]}9Z")
    seen = published([run(0), ahead, after])
    assert seen.cut == after.cut
    assert seen.issues == {NIGHT, after.cut}
    assert published([run(0), ahead]).cut == ahead.cut


def test_instants_are_read_as_they_were_written() -> None:
    for instant in (NIGHT, NIGHT + timedelta(milliseconds=7), NIGHT - timedelta(microseconds=1000)):
        assert instant_of(rfc3339(instant)) == instant
    assert month_of(NIGHT.astimezone(timezone(timedelta(hours=-5)))) == NIGHT.date().replace(day=1)
