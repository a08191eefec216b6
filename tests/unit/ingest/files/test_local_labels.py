"""Wall-clock labels back to UTC: whole years written in every way there is, by an independent way through the zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from itertools import product
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.files.local_labels import NONE, TWICE, by_season, placed

ZONES = ("Europe/Madrid", "Atlantic/Canary", "America/Sao_Paulo", "Asia/Kolkata")
HALF_AN_HOUR = "Australia/Lord_Howe"
"""Its clock changes by half an hour."""
CHANGES = {"Europe/Madrid": ((2026, 3, 29), (2026, 10, 25)), "Atlantic/Canary": ((2026, 3, 29), (2026, 10, 25))}
Label = tuple[date, int]


def instants(first: date, days: int, minutes: int, zone: ZoneInfo) -> list[datetime]:
    """Starts of every period of the local days, in UTC."""
    ends = [datetime(day.year, day.month, day.day, tzinfo=zone) for day in (first, first + timedelta(days=days))]
    begin, end = (each.astimezone(timezone.utc) for each in ends)
    return [begin + timedelta(minutes=minutes * n) for n in range(int((end - begin) / timedelta(minutes=minutes)))]


def by_clock(found: list[datetime], minutes: int, zone: ZoneInfo) -> list[Label]:
    """The clock at the start of each period; an hour that the clock shows twice stands twice."""
    local = [each.astimezone(zone) for each in found]
    return [(each.date(), each.hour * 60 + each.minute) for each in local]


def numbered(found: list[datetime], minutes: int, zone: ZoneInfo) -> list[Label]:
    """1, 2, 3 … of each day, to 23 or 25 where it is so long; here as minutes of its start."""
    labels: list[Label] = []
    for label in by_clock(found, minutes, zone):
        number = labels[-1][1] + minutes if labels and labels[-1][0] == label[0] else 0
        labels.append((label[0], number))
    return labels


def by_end_of_clock(found: list[datetime], minutes: int, zone: ZoneInfo) -> list[Label]:
    """The clock at the end of each period, less its length: 00:00 is the day before, and the changed hour moves."""
    ends = [(each + timedelta(minutes=minutes)).astimezone(zone) for each in found]
    back = [each.replace(tzinfo=None) - timedelta(minutes=minutes) for each in ends]
    return [(each.date(), each.hour * 60 + each.minute) for each in back]


def placed_of(labels: list[Label], minutes: int, zone: str) -> tuple[list[datetime | None], dict[int, str]]:
    days = pd.Series(pd.to_datetime([day for day, _ in labels]))
    found = placed(days, pd.Series([minute for _, minute in labels], dtype=float), minutes, zone)
    return [None if each is pd.NaT else each.to_pydatetime() for each in found.starts], found.reasons


@pytest.mark.parametrize(("zone", "minutes"), [*product(ZONES, (15, 30, 60)), *product([HALF_AN_HOUR], (15, 30))])
@pytest.mark.parametrize("written", [by_clock, numbered, by_end_of_clock])
def test_a_whole_year_comes_back(zone: str, minutes: int, written: Callable[..., list[Label]]) -> None:
    year = instants(date(2026, 1, 1), 365, minutes, ZoneInfo(zone))
    labels = written(year, minutes, ZoneInfo(zone))
    assert placed_of(labels, minutes, zone) == (year, {})
    backwards = placed_of(labels[::-1], minutes, zone)
    assert backwards == (year[::-1], {})


@settings(deadline=None)
@given(
    st.sampled_from([(zone, day) for zone, days in CHANGES.items() for day in days]),
    st.sampled_from([15, 60]),
    st.data(),
)
def test_with_holes_each_label_is_right_or_refused(change: tuple[str, tuple[int, int, int]], minutes: int,
                                                   data: st.DataObject) -> None:  # fmt: skip
    zone, day = change
    whole = instants(date(*day), 1, minutes, ZoneInfo(zone))
    kept = sorted(data.draw(st.sets(st.integers(0, len(whole) - 1), min_size=1, max_size=len(whole) - 1)))
    left = [whole[number] for number in kept][:: data.draw(st.sampled_from([1, -1]))]
    found, reasons = placed_of(by_clock(left, minutes, ZoneInfo(zone)), minutes, zone)
    for number, (true, said) in enumerate(zip(left, found, strict=True)):
        assert said in (true, None)
        assert (said is None) == (number in reasons)
        if said is None:
            assert reasons[number] == TWICE


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 6, 1), date(2026, 10, 25)])
@pytest.mark.parametrize("order", [1, -1])
def test_readings_of_any_step_come_back_to_the_second_whichever_comes_first(day: date, order: int) -> None:
    zone = ZoneInfo("Europe/Madrid")
    begin = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(timezone.utc)
    said = [begin + timedelta(seconds=20 * n) for n in range(6 * 180)][::order]
    walls = pd.Series(pd.to_datetime([each.astimezone(zone).replace(tzinfo=None) for each in said]))
    days = walls.dt.floor("D")
    found = placed(days, (walls - days) / pd.Timedelta(minutes=1), 60, "Europe/Madrid")
    assert found.reasons == {}
    assert [each.to_pydatetime() for each in found.starts] == said


def test_what_no_clock_has_shown_is_refused() -> None:
    spring = [(date(2026, 3, 29), minute) for minute in range(0, 24 * 60, 60)]
    found, reasons = placed_of(spring, 60, "Europe/Madrid")
    assert reasons == {2: NONE}
    assert [each for each in found if each] == instants(date(2026, 3, 29), 1, 60, ZoneInfo("Europe/Madrid"))
    for day in (date(2026, 3, 29), date(2026, 6, 1), date(2026, 10, 25)):
        assert placed_of([(day, 24 * 60)], 60, "Europe/Madrid") == ([None], {0: NONE})


def test_an_autumn_day_of_24_rows_is_not_guessed() -> None:
    autumn = [(date(2026, 10, 25), minute) for minute in range(0, 24 * 60, 60)]
    assert placed_of(autumn, 60, "Europe/Madrid")[1] == {2: TWICE}


@pytest.mark.parametrize("zone", ["Europe/Madrid", "Atlantic/Canary"])
def test_the_season_says_which_of_the_two(zone: str) -> None:
    year = instants(date(2026, 1, 1), 365, 60, ZoneInfo(zone))
    ends = [(each + timedelta(hours=1)).astimezone(ZoneInfo(zone)) for each in year]
    naive = pd.Series(pd.to_datetime([each.replace(tzinfo=None) for each in ends]))
    winter = pd.Series([not each.dst() for each in ends])
    back = by_season(naive, winter, zone) - pd.Timedelta(hours=1)
    assert [each.to_pydatetime() for each in back] == year
    # A distributor may call the end of the last summer hour 03:00 as well as 02:00 of winter.
    both = by_season(pd.Series(pd.to_datetime(["2026-10-25 03:00", "2026-10-25 02:00"])), pd.Series([False, True]),
                     "Europe/Madrid")  # fmt: skip
    assert both.nunique() == 1


def test_unread_times_stay_unread() -> None:
    found = placed(pd.Series([pd.NaT, pd.Timestamp("2026-01-05")]), pd.Series([60.0, np.nan]), 60, "Europe/Madrid")
    assert found.starts.isna().all()
