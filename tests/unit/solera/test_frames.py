"""Times as they are asked for, and rows as a table."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solera.frames import BadMoment, Moment, frame, instant, years

MADRID = "Europe/Madrid"
NAIVE = datetime(2001, 1, 1)  # noqa: DTZ001
MOMENTS = st.datetimes(NAIVE, NAIVE.replace(year=2060), timezones=st.just(timezone.utc))
ZONES = st.sampled_from([MADRID, "UTC", "Atlantic/Canary", "America/Sao_Paulo", "Asia/Kathmandu"])


@pytest.mark.parametrize(
    ("moment", "utc"),
    [
        ("2026-11-24", "2026-11-23T23:00Z"),
        ("2026-11", "2026-10-31T23:00Z"),
        (date(2026, 7, 1), "2026-06-30T22:00Z"),
        ("2026-11-24T10:00", "2026-11-24T09:00Z"),
        (NAIVE, "2000-12-31T23:00Z"),
        ("2026-11-24T10:00Z", "2026-11-24T10:00Z"),
        ("2026-11-24T10:00-03:00", "2026-11-24T13:00Z"),
        (pd.Timestamp("2026-11-24T10:00", tz="Asia/Kathmandu"), "2026-11-24T04:15Z"),
        ("2026-10-25T02:30+01:00", "2026-10-25T01:30Z"),
    ],
)
def test_a_time_without_offset_is_of_the_zones_clock(moment: Moment, utc: str) -> None:
    found = instant(moment, MADRID)
    assert found == pd.Timestamp(utc)
    assert str(found.tz) == MADRID


def test_a_day_begins_where_its_clock_skips_midnight() -> None:
    assert instant("2018-11-04", "America/Sao_Paulo") == pd.Timestamp("2018-11-04T01:00-02:00")


@pytest.mark.parametrize(
    ("moment", "zone", "said"),
    [
        ("tomorrow-ish", MADRID, "is no time"),
        ("", MADRID, "is no time"),
        ("today", MADRID, "is no time"),
        ("05/11/2026", MADRID, "is no time"),
        ("2026-02-30", MADRID, "is no time"),
        ("2026-03-29T02:30", MADRID, "skipped or shown twice"),
        ("2026-10-25T02:30", MADRID, "skipped or shown twice"),
        ("2026-11-24", "Europe/Madird", "is not known"),
    ],
)
def test_what_is_no_time_is_refused(moment: str, zone: str, said: str) -> None:
    with pytest.raises(BadMoment, match=said):
        instant(moment, zone)


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=4000)), ZONES)
def test_parts_join_without_hole_and_none_is_longer_than_a_year(start: datetime, length: timedelta, zone: str) -> None:
    first, last = instant(start, zone), instant(start + length, zone)
    parts = list(years(first, last))
    edges = [first, *(end for _, end in parts)]
    assert [begin for begin, _ in parts] == edges[:-1]
    assert edges[-1] == last
    assert all(timedelta(0) < end - begin <= timedelta(days=367) for begin, end in parts)
    assert all((end.month, end.day, end.hour) == (1, 1, 0) for _, end in parts[:-1])


def test_instants_are_aware_and_days_are_dates() -> None:
    rows: list[dict[str, Any]] = [
        {"start": "2026-11-23T23:00:00Z", "day": "2026-11-24", "wh": 1.5},
        {"start": None, "until": None},
    ]
    found = frame(rows, ("start", "kind"), MADRID)
    assert list(found.columns) == ["start", "kind", "day", "wh", "until"]
    assert found["start"].iloc[0] == pd.Timestamp("2026-11-24", tz=MADRID)
    assert found["start"].iloc[1] is pd.NaT
    assert found["day"].iloc[0] == pd.Timestamp("2026-11-24")


def test_a_table_of_nothing_keeps_its_columns_and_kinds() -> None:
    found = frame([], ("start", "energy_wh"), MADRID)
    assert found.empty
    assert str(found["start"].dtype) == "datetime64[ns, Europe/Madrid]"
