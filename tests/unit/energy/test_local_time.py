"""Start labels, end labels, numbers and device clocks: to UTC and back, over the last ten clock changes."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy import local_time
from energy.calendar import local_day, periods, quarter_hours

HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
MADRID, CANARY = ZoneInfo("Europe/Madrid"), ZoneInfo("Atlantic/Canary")
CLOCK_CHANGES = [
    date(2022, 3, 27), date(2022, 10, 30), date(2023, 3, 26), date(2023, 10, 29), date(2024, 3, 31),
    date(2024, 10, 27), date(2025, 3, 30), date(2025, 10, 26), date(2026, 3, 29), date(2026, 10, 25),
]  # fmt: skip
DAYS = [day + timedelta(days=n) for day in CLOCK_CHANGES for n in (-1, 0, 1)] + [date(2024, 2, 29)]
FORWARD, BACK = date(2026, 3, 29), date(2026, 10, 25)


def starts(day: date, tz: ZoneInfo, length: timedelta) -> list[datetime]:
    begin, end = local_day(day, tz)
    return [begin + n * length for n in range((end - begin) // length)]


@pytest.mark.parametrize("day", DAYS, ids=str)
@pytest.mark.parametrize("tz", [MADRID, CANARY], ids=str)
@pytest.mark.parametrize("length", [HOUR, QUARTER], ids=["hours", "quarters"])
def test_labels_numbers_and_clocks_come_back_without_loss(day: date, tz: ZoneInfo, length: timedelta) -> None:
    truth = starts(day, tz, length)
    assert local_time.period_count(day, tz, length) == len(truth)
    assert local_time.from_start_labels(day, local_time.start_labels(day, tz, length), tz, length) == truth
    assert local_time.from_end_labels(day, local_time.end_labels(day, tz, length), tz, length) == truth
    assert local_time.end_labels(day, tz, length)[-1] == "24:00"
    assert [local_time.numbered_start(day, n + 1, tz, length) for n in range(len(truth))] == truth
    assert [local_time.period_number(start, tz, length) for start in truth] == [(day, n + 1) for n in range(len(truth))]
    naive = local_time.to_device_clock(truth, tz)
    assert local_time.from_device_clock(naive, tz) == truth
    assert local_time.from_device_clock([time.replace(fold=0) for time in naive], tz) == truth


def hours(first: int, last: int) -> list[str]:
    return [f"{hour:02d}:00" for hour in range(first, last + 1)]


@pytest.mark.parametrize(
    ("day", "given_labels"),
    [
        pytest.param(FORWARD, hours(1, 2) + hours(4, 24), id="23h-without-03"),
        pytest.param(FORWARD, hours(1, 1) + hours(3, 24), id="23h-without-02"),
        pytest.param(FORWARD, hours(1, 23), id="23h-counted"),
        pytest.param(BACK, hours(1, 25), id="25h-to-25"),
        pytest.param(BACK, [*hours(1, 3), *hours(3, 24)], id="25h-03-twice"),
        pytest.param(BACK, [*hours(1, 2), *hours(2, 24)], id="25h-02-twice"),
        pytest.param(date(2026, 5, 5), hours(1, 24), id="24h"),
        pytest.param(date(2026, 5, 5), [*hours(1, 23), "00:00"], id="24h-ends-with-00"),
        pytest.param(date(2026, 5, 5), hours(0, 23), id="24h-labelled-by-beginnings"),
    ],
)
def test_every_way_of_labelling_a_whole_day(day: date, given_labels: list[str]) -> None:
    assert local_time.from_end_labels(day, given_labels, MADRID, HOUR) == starts(day, MADRID, HOUR)


def test_an_extra_midnight_is_the_end_of_the_day_before() -> None:
    day = date(2026, 5, 5)
    found = local_time.from_end_labels(day, ["00:00", *hours(1, 24)], MADRID, HOUR)
    assert found == [local_day(day, MADRID)[0] - HOUR, *starts(day, MADRID, HOUR)]


def test_rows_may_be_missing() -> None:
    day = starts(BACK, MADRID, HOUR)
    assert local_time.from_end_labels(BACK, ["02:00", "03:00", "03:00", "05:00"], MADRID, HOUR) == [*day[1:4], day[5]]
    assert local_time.from_start_labels(BACK, ["02:00", "04:00"], MADRID, HOUR) == [day[2], day[5]]
    assert local_time.from_end_labels(BACK, [], MADRID, HOUR) == []


@pytest.mark.parametrize(
    ("day", "wrong"),
    [
        pytest.param(FORWARD, ["01:00", "03:00"], id="skipped-hour"),
        pytest.param(BACK, ["05:00", "05:00"], id="twice"),
        pytest.param(BACK, ["10:00", "25:00"], id="25-in-a-part-of-a-day"),
        pytest.param(BACK, ["noon"], id="no-time"),
        pytest.param(BACK, ["26:00"], id="no-hour"),
    ],
)
def test_labels_the_day_does_not_have_are_refused(day: date, wrong: list[str]) -> None:
    with pytest.raises(local_time.CalendarError, match=str(day)):
        local_time.from_end_labels(day, wrong, MADRID, HOUR)


def test_numbers_the_day_does_not_have_are_refused() -> None:
    with pytest.raises(local_time.CalendarError, match="23 periods"):
        local_time.numbered_start(FORWARD, 24, MADRID, HOUR)
    assert local_time.numbered_start(BACK, 100, MADRID, QUARTER) == local_day(BACK, MADRID)[1] - QUARTER


def test_a_clock_not_yet_put_forward() -> None:
    assert local_time.from_device_clock([datetime.fromisoformat("2026-03-29T02:30")], MADRID) == [
        datetime(2026, 3, 29, 1, 30, tzinfo=timezone.utc)
    ]


@settings(max_examples=100, deadline=None)
@given(st.dates(date(2015, 1, 1), date(2034, 12, 31)), st.sampled_from([MADRID, CANARY]))
def test_any_day_comes_back(day: date, tz: ZoneInfo) -> None:
    truth = list(quarter_hours(*local_day(day, tz)))
    assert local_time.from_end_labels(day, local_time.end_labels(day, tz, QUARTER), tz, QUARTER) == truth
    assert local_time.from_device_clock([t.replace(fold=0) for t in local_time.to_device_clock(truth, tz)], tz) == truth
    assert len(truth) == sum(1 for _ in periods(*local_day(day, tz)))
