"""Which days an export writes."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from energy.calendar import midnight
from serving_layer.export.due import due, stretches
from serving_layer.instants import Span
from serving_layer.views.revisions import Change

DAYS = st.dates(date(2025, 1, 1), date(2026, 12, 31))
CUT = datetime(2026, 11, 24, tzinfo=timezone.utc)


def change(installation: str, day: date) -> Change:
    return Change("run", installation, day, "import", "late", 1, 0.0, 1.0)


def test_days_up_to_the_cut_and_those_that_changed_of_a_member_and_its_community() -> None:
    begins = {"casa": date(2026, 11, 23), "otra": date(2026, 11, 22), "valle": date(2026, 11, 24)}
    changed = [change("casa", date(2026, 11, 2)), change("casa", date(2026, 11, 1)), change("gone", date(2026, 1, 1))]
    found = due({"casa": "valle", "otra": None, "valle": None}, changed, begins, CUT)
    at = [midnight(date(2026, 11, day)) for day in range(1, 25)]
    assert found == {
        "casa": [Span(at[0], at[2]), Span(at[22], at[23])],
        "otra": [Span(at[21], at[23])],
        "valle": [Span(at[0], at[2])],
    }


@given(st.sets(DAYS, max_size=60))
def test_stretches_are_those_days_whole_and_as_few_as_can_be(days: set[date]) -> None:
    found = list(stretches(sorted(days)))
    covered = [(span.start + timedelta(days=n)).date() for span in found for n in range((span.end - span.start).days)]
    assert covered == sorted(days)
    assert all(one.end < other.start for one, other in pairwise(found))
