"""Sums of merged values say which view they are of, and add up whatever the range, resolution and zone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_layer.views.merge import BATCH, SPEED, Value
from serving_layer.views.totals import totals

MADRID = ZoneInfo("Europe/Madrid")
AUTUMN = datetime(2026, 10, 24, tzinfo=timezone.utc)
energies = st.integers(0, 5_000_000).map(lambda mwh: mwh / 1000)


def quarter_hours(start: datetime, count: int, view: str = BATCH, run_id: str = "R1") -> list[Value]:
    return [Value(start + timedelta(minutes=15 * n), 1.0, view, run_id, 1.0, "measured") for n in range(count)]


@given(st.lists(energies, min_size=1, max_size=300), st.sampled_from(["hour", "day", "month"]))
def test_sums_lose_nothing(parts: list[float], resolution: str) -> None:
    values = [
        value._replace(energy_wh=part) for value, part in zip(quarter_hours(AUTUMN, len(parts)), parts, strict=True)
    ]

    summed = totals(values, resolution, MADRID)

    assert sum(round(v.energy_wh * 1000) for v in summed) == sum(round(part * 1000) for part in parts)
    assert [v.start for v in summed] == sorted({v.start for v in summed})


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2026-03-29", 23), ("2026-06-01", 24)])
def test_a_local_day_has_all_its_hours(day: str, hours: int) -> None:
    midnight = datetime.fromisoformat(day).replace(tzinfo=MADRID).astimezone(timezone.utc)

    (whole,) = totals(quarter_hours(midnight, hours * 4), "day", MADRID)

    assert (whole.start, whole.energy_wh, whole.completeness) == (midnight, hours * 4.0, 1.0)
    assert len(totals(quarter_hours(midnight, hours * 4), "hour", MADRID)) == hours


def test_one_provisional_part_makes_a_sum_provisional() -> None:
    before = quarter_hours(AUTUMN, 4, BATCH, "R1")
    after = quarter_hours(AUTUMN + timedelta(hours=1), 4, SPEED, "")

    (day,) = totals(before + after, "day", ZoneInfo("UTC"))
    hours = totals(before + after, "hour", ZoneInfo("UTC"))

    assert (day.view, day.run_id) == (SPEED, "")
    assert [(hour.view, hour.run_id) for hour in hours] == [(BATCH, "R1"), (SPEED, "")]


def test_a_published_sum_is_as_new_as_its_newest_run() -> None:
    values = quarter_hours(AUTUMN, 4, run_id="R1") + quarter_hours(AUTUMN + timedelta(hours=1), 1, run_id="R2")

    assert [v.run_id for v in totals(values, "hour", MADRID)] == ["R1", "R2"]
    assert [v.run_id for v in totals(values, "day", MADRID)] == ["R2"]
