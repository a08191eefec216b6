"""Totals of a longer time that are known later: the hours keep their shape and give that total, and say so."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.energy_row import EnergyRow
from energy.statements.intervals import stated_energy

MIDNIGHT = datetime(2026, 6, 1, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
SHAPE = [1000 if n in (8, 20) else 50 for n in range(24)]


def statement(hour: float, hours: float, wh: float, known_day: int = 1, method: str = "measured") -> dict[str, Any]:
    start = MIDNIGHT + hour * HOUR
    return {
        "installation_id": "home", "meter_id": "m", "start": start, "end": start + hours * HOUR,
        "method": method, "source": "test", "known_at": MIDNIGHT + timedelta(days=known_day), "import_wh": wh,
    }  # fmt: skip


HOURS = [statement(n, 1, wh) for n, wh in enumerate(SHAPE)]


def stated(statements: Sequence[dict[str, Any]], days: int = 1) -> list[EnergyRow]:
    return stated_energy(statements, MIDNIGHT, MIDNIGHT + timedelta(days=days))


def mwh(rows: Sequence[EnergyRow]) -> int:
    return sum(round(row.energy_wh * 1000) for row in rows)


def by_hour(rows: Sequence[EnergyRow]) -> dict[float, float]:
    found: dict[float, float] = {}
    for row in rows:
        at = (row.start - MIDNIGHT) // HOUR
        found[at] = round(found.get(at, 0.0) + row.energy_wh, 3)
    return found


@pytest.mark.parametrize("total", [3100, 3410, 2790, 0, 31_000, 3099.999])
def test_the_hours_are_scaled_to_a_total_known_later(total: float) -> None:
    rows = stated([*HOURS, statement(0, 24, total, 5)])
    assert mwh(rows) == round(total * 1000)
    assert by_hour(rows) == pytest.approx({n: wh * total / 3100 for n, wh in enumerate(SHAPE)}, abs=0.002)
    assert {row.cause for row in rows} == {"coarser total" if total == 3100 else "scaled total"}
    assert {row.method for row in rows} == {"spread"}
    quarters = [wh / 4 for wh in SHAPE for _ in range(4)]
    for row, own in zip(rows, quarters, strict=True):
        assert row.lower_wh is not None
        assert row.upper_wh is not None
        assert row.lower_wh <= min(own, row.energy_wh) + 0.001
        assert max(own, row.energy_wh) - 0.001 <= row.upper_wh


def test_a_scaled_quarter_hour_is_official_no_more() -> None:
    rows = stated([statement(0, 0.25, 10), statement(0.25, 0.25, 30), statement(0, 0.5, 80, 5)])
    assert [(row.energy_wh, row.method, row.lower_wh, row.upper_wh) for row in rows] == [
        (20, "spread", 10, 20), (60, "spread", 30, 60),
    ]  # fmt: skip


def test_hours_that_are_not_known_get_what_the_total_leaves() -> None:
    rows = by_hour(stated([*HOURS[:8], statement(0, 24, 3100, 5), statement(10, 1, 9, 1, "estimated")]))
    assert rows == {n: 50 if n < 8 else 168.75 for n in range(24)}
    assert by_hour(stated([*HOURS[:23], statement(0, 24, 2000, 5)]))[23] == 0  # they exceed it: nothing is left
    # Nor does one hour get what a tenth of all others is wrong by.
    rows = by_hour(stated([*(statement(n, 1, 100) for n in range(239)), statement(0, 240, 30_000, 5)], 10))
    assert rows[239] == 1000
    assert rows[0] == pytest.approx(29_000 / 239, abs=0.001)


def test_hours_of_no_energy_have_no_shape() -> None:
    rows = stated([*(statement(n, 1, 0) for n in range(24)), statement(0, 24, 960, 5)])
    assert {(row.energy_wh, row.cause) for row in rows} == {(10, "coarser total")}
    rows = stated([*(statement(n, 1, 0) for n in range(12)), statement(0, 24, 960, 5)])
    assert by_hour(rows) == {n: 0 if n < 12 else 80 for n in range(24)}


def test_an_estimated_total_scales_no_measured_hour() -> None:
    rows = by_hour(stated([*HOURS[:12], statement(0, 24, 9600, 5, "estimated")]))
    assert rows == {n: SHAPE[n] if n < 12 else 400 for n in range(24)}


def test_hours_known_after_the_total_hold_as_they_are() -> None:
    rows = stated([*HOURS, statement(0, 24, 9999, 0)])
    assert by_hour(rows) == dict(enumerate(SHAPE))
    assert {row.cause for row in rows} == {""}


def test_days_are_scaled_to_their_month_and_their_hours_with_them() -> None:
    hours = [statement(24 * day + n, 1, wh) for day in range(30) for n, wh in enumerate(SHAPE)]
    days = [statement(24 * day, 24, 3100 + 10 * day, 5) for day in range(30)]
    month = sum(each["import_wh"] for each in days)
    rows = stated([*hours, *days, statement(0, 720, month * 1.1, 9)], 30)
    assert mwh(rows) == round(month * 1100)
    for day, total in enumerate(days):
        of_day = [row for row in rows if (row.start - MIDNIGHT).days == day]
        assert sum(row.energy_wh for row in of_day) == pytest.approx(total["import_wh"] * 1.1, abs=0.01)
        assert by_hour(of_day)[24 * day + 8] == pytest.approx(total["import_wh"] * 1.1 * 1000 / 3100, abs=0.01)


_facts = st.tuples(st.integers(0, 90), st.integers(1, 100), st.integers(1, 4), st.integers(0, 10**6), st.booleans())


@settings(max_examples=100, deadline=None)
@given(st.lists(_facts, max_size=8), st.integers(0, 2**32))
def test_whatever_is_stated_a_window_is_a_part_of_the_whole(facts: list[tuple[Any, ...]], seed: int) -> None:
    stated_all = [
        statement(start, hours, amount / 1000, known, "measured" if is_measured else "estimated")
        for start, hours, known, amount, is_measured in facts
    ]
    whole = stated(stated_all, 9)
    for row in whole:
        assert row.lower_wh is not None
        assert row.upper_wh is not None
        assert 0 <= row.lower_wh <= row.energy_wh <= row.upper_wh
        assert 0 < row.completeness <= 1
    begin = MIDNIGHT + random.Random(seed).randrange(180) * HOUR
    part = stated_energy(stated_all, begin, begin + 24 * HOUR)
    assert part == [row for row in whole if begin <= row.start < begin + 24 * HOUR]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 10**7), min_size=24, max_size=24), st.integers(0, 10**9))
def test_whatever_the_hours_and_the_total_their_sum_is_the_total(hours: list[int], total: int) -> None:
    rows = stated([*(statement(n, 1, wh / 1000) for n, wh in enumerate(hours)), statement(0, 24, total / 1000, 5)])
    assert mwh(rows) == total
