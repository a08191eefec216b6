"""Clocks of devices that date their own readings: never set, ahead, behind, gone back, stopped, catching up."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.topics import READING_AHEAD
from ingest.devices.device import DeviceError
from ingest.gateway.polling.device_clock import KEPT, DeviceClock

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
PACE = timedelta(seconds=5)


def clock() -> DeviceClock:
    return DeviceClock(PACE.total_seconds())


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(datetime(2000, 1, 1, tzinfo=timezone.utc), id="never set"),
        pytest.param(datetime(2056, 11, 21, tzinfo=timezone.utc), id="unix seconds"),
        pytest.param(NOW + timedelta(hours=1), id="an hour ahead"),
        pytest.param(NOW - KEPT - timedelta(days=1), id="older than any log"),
    ],
)
def test_a_clock_that_can_not_be_right_is_said_and_readings_go_on_in_the_gateways_time(shown: datetime) -> None:
    one = clock()
    times = [one.time_of_reading(shown + n * PACE, NOW + n * PACE) for n in range(5)]
    assert times == [NOW + n * PACE for n in range(5)]
    assert "can't be" in (one.fault or "")


def test_a_clock_hours_behind_is_said_and_its_readings_keep_its_time() -> None:
    one = clock()
    behind = timedelta(hours=5)
    times = [one.time_of_reading(NOW - behind + n * PACE, NOW + n * PACE) for n in range(5)]
    assert times == [NOW - behind + n * PACE for n in range(5)]
    assert "5 h 0 min behind" in (one.fault or "")
    assert not one.is_catching_up


def test_a_log_is_handed_out_without_word() -> None:
    one = clock()
    shown, now = NOW - timedelta(hours=3), NOW
    for _ in range(36):
        assert one.time_of_reading(shown, now) == shown
        assert one.fault is None
        assert one.is_catching_up
        assert one.time_of_reading(shown, now + timedelta(milliseconds=20)) is None
        shown, now = shown + timedelta(minutes=5), now + timedelta(milliseconds=100)
    one.time_of_reading(now, now)
    assert not one.is_catching_up


def test_a_clock_that_goes_back_is_said() -> None:
    one = clock()
    one.time_of_reading(NOW, NOW)
    assert one.time_of_reading(NOW - timedelta(hours=1), NOW + PACE) == NOW - timedelta(hours=1)
    assert "went back from 2026-11-21 12:00:00 to 2026-11-21 11:00:00" in (one.fault or "")


def test_a_clock_that_stops_after_it_kept_time_is_said_and_readings_go_on() -> None:
    one = clock()
    assert one.time_of_reading(NOW, NOW) == NOW
    later = [one.time_of_reading(NOW, NOW + n * PACE) for n in range(1, 6)]
    assert later == [None, None, *(NOW + n * PACE for n in range(3, 6))]
    assert "stood still at 2026-11-21 12:00:00 UTC since 12:00:00" in (one.fault or "")


def test_a_clock_that_stands_in_the_past_is_the_devices_error() -> None:
    one = clock()
    old = NOW - timedelta(hours=43)
    assert one.time_of_reading(old, NOW) == old
    with pytest.raises(DeviceError, match="stood still at 2026-11-19 17:00:00"):
        one.time_of_reading(old, NOW + 3 * PACE)
    assert not one.is_catching_up


@given(st.lists(st.tuples(st.datetimes(timezones=st.just(timezone.utc)), st.integers(0, 3600)), max_size=20))
def test_whatever_a_clock_shows_no_reading_lies_ahead_or_before_any_log(
    shown: list[tuple[datetime, int]],
) -> None:
    one, now = clock(), NOW
    for instant, seconds in shown:
        now += timedelta(seconds=seconds)
        try:
            time = one.time_of_reading(instant, now)
        except DeviceError:
            continue
        assert time is None or now - KEPT <= time <= now + READING_AHEAD
