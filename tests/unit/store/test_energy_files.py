"""Which folders of the published energy are read: every value of every published run once, whatever has been merged."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from store.history.energy_files import Folders, stating

FIRST = date(2026, 1, 28)
RUNS = [f"202602{n + 10}T000500Z" for n in range(6)]

days = st.integers(0, 9).map(lambda n: FIRST + timedelta(days=n))
changed = st.sets(st.tuples(days, st.sampled_from(RUNS)))
published = st.sets(st.sampled_from(RUNS))
merged = st.sets(st.tuples(days.map(lambda day: day.replace(day=1)), st.sampled_from(RUNS)))


def states(found: Folders, changes: set[tuple[date, str]], runs: set[str]) -> Counter[tuple[date, str]]:
    """How often each day of each run is read: a merged month holds those of the published runs up to its last."""
    read = Counter(found.changes)
    for month, through in found.merged.items():
        read.update(
            (day, run) for day, run in changes if day.replace(day=1) == month and run <= through and run in runs
        )
    return read


@given(changed, merged, published)
def test_every_published_change_is_read_once_and_no_other(
    changes: set[tuple[date, str]], months: set[tuple[date, str]], runs: set[str]
) -> None:
    found = stating(changes, months, runs)
    assert states(found, changes, runs) == Counter((day, run) for day, run in changes if run in runs)


@given(changed, merged, published)
def test_a_day_is_contested_where_more_than_one_folder_states_it(
    changes: set[tuple[date, str]], months: set[tuple[date, str]], runs: set[str]
) -> None:
    found = stating(changes, months, runs)
    folders = Counter(day for day, _ in found.changes)
    for day in {day for day, run in changes if run in runs}:
        through = found.merged.get(day.replace(day=1), "")
        folders[day] += any(each == day and run in runs and run <= through for each, run in changes)
    assert set(found.contested) == {day for day, count in folders.items() if count > 1}


def test_the_newest_merged_month_of_a_published_run_is_read() -> None:
    month, day = date(2026, 2, 1), date(2026, 2, 3)
    changes = [(day, run) for run in RUNS[:3]]
    merged_months = [(month, RUNS[0]), (month, RUNS[1]), (month, RUNS[2])]
    assert stating(changes, merged_months, set(RUNS[:2])) == Folders({month: RUNS[1]}, (), ())
    assert stating(changes, merged_months[:1], set(RUNS[:3])) == Folders(
        {month: RUNS[0]}, ((day, RUNS[1]), (day, RUNS[2])), (day,)
    )
