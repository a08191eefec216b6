"""The days of a page: what a period is, what comes before it, and how much of that may be compared."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_layer.web.periods.period import KINDS, Kind, period_of

MADRID = ZoneInfo("Europe/Madrid")
days = st.dates(date(2002, 1, 1), date(2097, 12, 31))


@pytest.mark.parametrize(
    ("kind", "first", "until"),
    [
        ("day", date(2026, 11, 26), date(2026, 11, 27)),
        ("week", date(2026, 11, 23), date(2026, 11, 30)),
        ("month", date(2026, 11, 1), date(2026, 12, 1)),
        ("year", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_a_period_holds_its_day_and_begins_where_calendars_say(kind: Kind, first: date, until: date) -> None:
    assert period_of(kind, date(2026, 11, 26)) == (kind, first, until)


@given(st.sampled_from(KINDS), days)
def test_periods_follow_each_other_without_a_gap(kind: Kind, day: date) -> None:
    period = period_of(kind, day)
    assert period.first <= day < period.until
    assert period.before.until == period.first
    assert period.after.first == period.until
    assert period.after.before == period


@given(st.sampled_from(KINDS), days)
def test_an_ended_period_is_compared_whole_against_whole(kind: Kind, day: date) -> None:
    period = period_of(kind, day)
    now = period.span(MADRID).end
    assert period.comparable(now, MADRID) == period.before.span(MADRID)


@given(st.sampled_from(KINDS), days, st.integers(0, 86_399))
def test_a_running_period_is_compared_with_a_part_that_lies_in_the_one_before(
    kind: Kind, day: date, second: int
) -> None:
    now = datetime.combine(day, datetime.min.time(), timezone.utc) + timedelta(seconds=second)
    period = period_of(kind, now.astimezone(MADRID).date())
    whole, part = period.before.span(MADRID), period.comparable(now, MADRID)
    assert whole.start == part.start <= part.end <= whole.end


@pytest.mark.parametrize(
    ("kind", "now", "until"),
    [
        ("day", "2026-11-26T12:00+01:00", "2026-11-25T12:00+01:00"),
        # Spring: the day before had 23 hours, autumn: 25; noon is noon.
        ("day", "2026-03-30T12:00+02:00", "2026-03-29T12:00+02:00"),
        ("day", "2026-10-26T12:00+01:00", "2026-10-25T12:00+01:00"),
        ("week", "2026-11-26T08:30+01:00", "2026-11-19T08:30+01:00"),
        ("month", "2026-11-26T08:30+01:00", "2026-10-26T08:30+01:00"),
        # February has no 31st: the whole of it.
        ("month", "2026-03-31T08:30+02:00", "2026-03-01T00:00+01:00"),
        ("year", "2026-11-26T08:30+01:00", "2025-11-26T08:30+01:00"),
        ("year", "2024-02-29T08:30+01:00", "2023-02-28T08:30+01:00"),
    ],
)
def test_it_ends_at_the_same_time_of_the_same_day(kind: Kind, now: str, until: str) -> None:
    at = datetime.fromisoformat(now)
    period = period_of(kind, at.astimezone(MADRID).date())
    assert period.comparable(at.astimezone(timezone.utc), MADRID).end == datetime.fromisoformat(until)
