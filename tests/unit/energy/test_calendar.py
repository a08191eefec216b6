"""Periods, local days and sums over them, on ordinary days and on days the clocks change."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy import calendar
from energy.energy_row import EnergyRow

MADRID, CANARY = ZoneInfo("Europe/Madrid"), ZoneInfo("Atlantic/Canary")
QUARTER = timedelta(minutes=15)


def utc(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=timezone.utc)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(date(2026, 3, 28), 24, id="day-before"),
        pytest.param(date(2026, 3, 29), 23, id="forward"),
        pytest.param(date(2026, 10, 25), 25, id="back"),
        pytest.param(date(2024, 2, 29), 24, id="leap-day"),
        pytest.param(date(2025, 12, 31), 24, id="last-of-year"),
    ],
)
@pytest.mark.parametrize("tz", [MADRID, CANARY], ids=str)
def test_local_days_have_their_hours(day: date, hours: int, tz: ZoneInfo) -> None:
    begin, end = calendar.local_day(day, tz)
    assert end - begin == timedelta(hours=hours)
    assert len(list(calendar.quarter_hours(begin, end))) == hours * 4
    assert len(list(calendar.periods(begin, end, "hour", tz))) == hours
    assert list(calendar.periods(begin, end, "day", tz)) == [(begin, end)]
    assert calendar.period_end(begin, "day", tz) == end


def test_a_day_begins_where_midnight_is_skipped() -> None:
    # In Santiago de Chile clocks went from 24:00 to 1:00 on 8 September 2024.
    begin, end = calendar.local_day(date(2024, 9, 8), ZoneInfo("America/Santiago"))
    assert begin == utc(2024, 9, 8, 4)
    assert end - begin == timedelta(hours=23)


@pytest.mark.parametrize(("year", "hours"), [(2023, 8760), (2024, 8784), (2025, 8760), (2028, 8784)])
@pytest.mark.parametrize("tz", [MADRID, CANARY, ZoneInfo("UTC")], ids=str)
def test_years_have_their_hours(year: int, hours: int, tz: ZoneInfo) -> None:
    begin, end = calendar.local_month(year, 1, tz)[0], calendar.local_month(year, 12, tz)[1]
    assert (end - begin) // timedelta(hours=1) == hours
    assert len(list(calendar.periods(begin, end, "month", tz))) == 12


def test_both_hours_of_one_name_stay_apart() -> None:
    # 25 October 2026, 2:00 to 3:00 comes twice in Madrid.
    assert calendar.period_start(utc(2026, 10, 25, 0, 40), "hour", MADRID) == utc(2026, 10, 25, 0)
    assert calendar.period_start(utc(2026, 10, 25, 1, 40), "hour", MADRID) == utc(2026, 10, 25, 1)


@pytest.mark.parametrize(
    ("tz", "day", "quarters"),
    [
        pytest.param("Australia/Lord_Howe", date(2026, 4, 5), 98, id="half an hour back"),
        pytest.param("Australia/Lord_Howe", date(2026, 10, 4), 94, id="half an hour on"),
        pytest.param("America/Caracas", date(2016, 5, 1), 94, id="for good"),
        pytest.param("Asia/Pyongyang", date(2018, 5, 4), 94, id="before midnight"),
    ],
)
def test_hours_of_a_day_on_which_clocks_change_by_half_an_hour_follow_one_another(
    tz: str, day: date, quarters: int
) -> None:
    zone = ZoneInfo(tz)
    begin, end = calendar.local_day(day, zone)
    rows = [EnergyRow("import", start, 100.0) for start in calendar.quarter_hours(begin, end)]
    assert len(rows) == quarters

    hours = list(calendar.periods(begin, end, "hour", zone))
    sums = calendar.aggregate(rows, "hour", zone)

    assert [row.start for row in sums] == [start for start, _ in hours]
    assert all(earlier[1] == later[0] for earlier, later in pairwise(hours))
    assert (hours[0][0], hours[-1][1]) == (begin, end)
    for row, (start, until) in zip(sums, hours, strict=True):
        assert (row.energy_wh, row.completeness) == (100.0 * ((until - start) / QUARTER), 1.0)


def test_zones_off_the_hour_have_their_own_hours() -> None:
    kolkata = ZoneInfo("Asia/Kolkata")
    assert calendar.period_start(utc(2026, 1, 1, 12, 40), "hour", kolkata) == utc(2026, 1, 1, 12, 30)


def test_what_is_not_known_is_named() -> None:
    with pytest.raises(calendar.UnknownZone, match="Europe/Madird"):
        calendar.zone("Europe/Madird")
    with pytest.raises(calendar.UnknownZone):
        calendar.zone("../etc/passwd")
    with pytest.raises(calendar.UnknownResolution, match="15m, hour, day, month"):
        calendar.period_start(utc(2026, 1, 1), "week", MADRID)
    assert calendar.zone("Atlantic/Canary") == CANARY


def test_quarter_hours_begin_inside_the_range() -> None:
    assert list(calendar.quarter_hours(utc(2026, 1, 1, 0, 1), utc(2026, 1, 1, 0, 31))) == [
        utc(2026, 1, 1, 0, 15),
        utc(2026, 1, 1, 0, 30),
    ]


def test_an_hour_with_one_quarter_is_a_quarter_complete() -> None:
    (hour,) = calendar.aggregate([EnergyRow("import", utc(2026, 1, 1), 100.0, 0.5)], "hour", MADRID)
    assert hour == EnergyRow("import", utc(2026, 1, 1), 100.0, 0.125, "measured", 100.0, 100.0, "")


def test_a_sum_is_as_sure_as_its_least_sure_part() -> None:
    rows = [
        EnergyRow("import", utc(2026, 1, 1), 1.0, 1.0, "measured", 1.0, 1.0),
        EnergyRow("import", utc(2026, 1, 1, 0, 15), 2.0, 1.0, "spread", 0.0, 3.0, "gap"),
        EnergyRow("import", utc(2026, 1, 1, 0, 30), 2.0, 1.0, "integrated", 1.0, 3.0, "gap,reset"),
    ]
    assert calendar.aggregate(rows, "day", calendar.zone("UTC")) == [
        EnergyRow("import", utc(2026, 1, 1), 5.0, 3 / 96, "spread", 2.0, 7.0, "gap,reset")
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-10, 4 * 24 * 70), st.integers(0, 10**9)), max_size=60, unique_by=lambda r: r[0]),
    st.sampled_from(["hour", "day", "month"]),
    st.sampled_from([MADRID, CANARY, ZoneInfo("America/Los_Angeles"), ZoneInfo("Asia/Kolkata")]),
    st.sampled_from([utc(2026, 3, 1), utc(2026, 10, 1), utc(2023, 12, 1)]),
)
def test_sums_lose_nothing_and_follow_no_order(
    parts: list[tuple[int, int]], resolution: str, tz: ZoneInfo, first: datetime
) -> None:
    rows = [EnergyRow("generation", first + n * QUARTER, mwh / 1000) for n, mwh in parts]
    summed = calendar.aggregate(rows, resolution, tz)
    assert sum(round(row.energy_wh * 1000) for row in summed) == sum(mwh for _, mwh in parts)
    assert calendar.aggregate(rows[::-1], resolution, tz) == summed
    for row in summed:
        assert calendar.period_start(row.start, resolution, tz) == row.start
        within = [r for r in rows if row.start <= r.start < calendar.period_end(row.start, resolution, tz)]
        assert row.energy_wh == sum(round(r.energy_wh * 1000) for r in within) / 1000


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 20 * 365 * 86_400).map(lambda s: utc(2015, 1, 1) + timedelta(seconds=s)),
    st.sampled_from(calendar.RESOLUTIONS),
    st.sampled_from([MADRID, CANARY, ZoneInfo("America/Los_Angeles")]),
)
def test_every_instant_lies_in_its_period(instant: datetime, resolution: str, tz: ZoneInfo) -> None:
    begin, end = calendar.period_start(instant, resolution, tz), calendar.period_end(instant, resolution, tz)
    assert begin <= instant < end
    assert calendar.period_start(end, resolution, tz) == end
    assert calendar.period_start(end - timedelta(microseconds=1), resolution, tz) == begin


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 1), 1, date(2026, 2, 1)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 10, 31), 4, date(2027, 2, 28)),
        (date(2026, 3, 15), 24, date(2028, 3, 15)),
    ],
)
def test_so_many_months_later_is_the_same_day_or_the_last_of_its_month(day: date, months: int, later: date) -> None:
    assert calendar.months_later(day, months) == later
