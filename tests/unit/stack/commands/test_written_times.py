"""Times as people type them, in zones whose clocks change."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_layer.instants import BadInstant
from stack.written_times import day, days, instant

UTC, MADRID, CANARIAS = ZoneInfo("UTC"), ZoneInfo("Europe/Madrid"), ZoneInfo("Atlantic/Canary")
NOW = datetime(2026, 11, 24, 23, 30, tzinfo=timezone.utc)
"""Half past midnight of the 25th in Madrid, half past eleven of the 24th on the Canaries."""

FOREVER = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30))  # noqa: DTZ001 - a clock on a wall has no zone


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("now", MADRID, "2026-11-24T23:30:00"),
        ("today", UTC, "2026-11-24T00:00:00"),
        ("today", MADRID, "2026-11-24T23:00:00"),
        ("today", CANARIAS, "2026-11-24T00:00:00"),
        ("yesterday", MADRID, "2026-11-23T23:00:00"),
        (" Yesterday ", CANARIAS, "2026-11-23T00:00:00"),
        ("tomorrow", MADRID, "2026-11-25T23:00:00"),
        ("2026-11", UTC, "2026-11-01T00:00:00"),
        ("2026-07", MADRID, "2026-06-30T22:00:00"),
        ("24/11/2026", MADRID, "2026-11-23T23:00:00"),
        ("3/4/2026", UTC, "2026-04-03T00:00:00"),
        ("2026-03-29", MADRID, "2026-03-28T23:00:00"),
        ("2026-03-29T01:59", MADRID, "2026-03-29T00:59:00"),
        ("2026-03-29 03:00:00", MADRID, "2026-03-29T01:00:00"),
        ("2026-03-29T00:00:00Z", MADRID, "2026-03-29T00:00:00"),
        ("2026-03-29T00:00:00+01:00", UTC, "2026-03-28T23:00:00"),
    ],
)
def test_a_time_is_read_as_it_is_meant(text: str, zone: ZoneInfo, expected: str) -> None:
    assert instant(text, zone, NOW) == datetime.fromisoformat(f"{expected}+00:00")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-03-29T02:30", "skips; write 2026-03-29T00:30:00Z or 2026-03-29T01:30:00Z"),
        ("2026-10-25T02:30", "shows twice; write 2026-10-25T00:30:00Z or 2026-10-25T01:30:00Z"),
        ("31/02/2026", "day, month, year"),
        ("11/24/2026", "day, month, year"),
        ("2026-13", "no instant"),
        ("2026-11-24T25:00", "no time"),
        ("last week", "no instant"),
        ("", "no instant"),
        ("1999-12", "outside the years"),
        ("24/11/1999", "outside the years"),
        ("1999-12-31T23:00", "outside the years"),
    ],
)
def test_what_is_no_time_is_refused_with_a_way_to_write_it(text: str, reason: str) -> None:
    with pytest.raises(BadInstant, match=reason):
        instant(text, MADRID, NOW)


@given(FOREVER, st.sampled_from([UTC, MADRID, CANARIAS]))
def test_a_time_of_the_clock_is_that_of_the_clock_or_refused(local: datetime, zone: ZoneInfo) -> None:
    local = local.replace(second=0, microsecond=0)
    try:
        found = instant(local.isoformat(), zone, NOW)
    except BadInstant:
        first, second = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
        assert first != second
    else:
        assert found.astimezone(zone).replace(tzinfo=None) == local
        assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today", date(2026, 11, 25)),
        ("yesterday", date(2026, 11, 24)),
        ("24/11/2026", date(2026, 11, 24)),
        ("2026-11-24", date(2026, 11, 24)),
        ("2026-11", date(2026, 11, 1)),
    ],
)
def test_a_day_is_that_of_the_clock(text: str, expected: date) -> None:
    assert day(text, MADRID, NOW) == expected


@pytest.mark.parametrize("text", ["now", "2026-11-24T10:00", "2026-11-24T10:00Z", "2026-11-31", "soon"])
def test_a_time_is_no_day(text: str) -> None:
    with pytest.raises(BadInstant, match="write"):
        day(text, MADRID, NOW)


def test_the_days_of_a_bill_may_be_written_as_people_do() -> None:
    assert days(None, "01/10/2026", "2026-11") == (date(2026, 10, 1), date(2026, 11, 1))
    assert days("2026-10", None, None) == (date(2026, 10, 1), date(2026, 11, 1))
    with pytest.raises(BadInstant, match="must come after"):
        days(None, "today", "yesterday")
