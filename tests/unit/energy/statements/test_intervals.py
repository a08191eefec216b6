"""Others' totals as quarter-hours: exact spreading, the newest belief, and filling what readings lack."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.balance import balanced
from energy.energy_row import EnergyRow
from energy.statements.intervals import interval_energy

MIDNIGHT = datetime(2026, 6, 1, tzinfo=timezone.utc)
DAY = MIDNIGHT + timedelta(days=1)
QUARTER = timedelta(minutes=15)


def interval(
    minute: int, minutes: int, known_day: int = 1, method: str = "measured", meter: str = "m", **fields: float
) -> dict[str, Any]:
    start = MIDNIGHT + timedelta(minutes=minute)
    return {
        "installation_id": "home", "meter_id": meter, "start": start, "end": start + timedelta(minutes=minutes),
        "method": method, "source": "test", "known_at": MIDNIGHT + timedelta(days=known_day), **fields,
    }  # fmt: skip


def test_an_hour_is_spread_exactly_and_says_so() -> None:
    rows = interval_energy([interval(0, 60, export_wh=0.01)], MIDNIGHT, DAY)
    assert [row.energy_wh for row in rows] == [0.003, 0.002, 0.003, 0.002]
    assert {(row.method, row.completeness) for row in rows} == {("spread", 1.0)}


def test_a_quarter_hour_is_official() -> None:
    (row,) = interval_energy([interval(15, 15, generation_wh=5)], MIDNIGHT, DAY)
    assert row == EnergyRow("generation", MIDNIGHT + QUARTER, 5.0, 1.0, "official", 5.0, 5.0)


def test_a_later_belief_holds_and_leaves_the_rest() -> None:
    old = interval(0, 60, 1, "estimated", export_wh=400)
    new = interval(0, 30, 2, export_wh=100)
    rows = interval_energy([new, old], MIDNIGHT, DAY)
    assert [(row.energy_wh, row.method) for row in rows] == [
        (50.0, "spread"), (50.0, "spread"), (100.0, "estimated"), (100.0, "estimated"),
    ]  # fmt: skip


def test_of_two_beliefs_of_one_time_the_measured_holds() -> None:
    both = [interval(0, 15, 1, "estimated", export_wh=9), interval(0, 15, 1, export_wh=3)]
    assert [row.energy_wh for row in interval_energy(both, MIDNIGHT, DAY)] == [3.0]


@pytest.mark.parametrize("days", [1, 2, 31])
@pytest.mark.parametrize("known_day", [0, 5])
@pytest.mark.parametrize("method", ["measured", "estimated"])
def test_a_bill_under_another_meter_id_is_not_added_to_the_hours(days: int, known_day: int, method: str) -> None:
    hours = [interval(60 * n, 60, 1, import_wh=100 + n) for n in range(24)]
    bill = interval(0, days * 24 * 60, known_day, method, meter="ES0021", import_wh=2_676.0 * days)
    rows = [row for row in interval_energy([*hours, bill], MIDNIGHT, DAY) if row.quantity == "import"]
    assert sum(row.energy_wh for row in rows) == sum(h["import_wh"] for h in hours)
    assert {row.cause for row in rows} == {"coarser total"}
    assert {row.method for row in rows} == {"spread"}
    # Two meters that are known as finely are two, and so are two bills.
    both = [*hours, *(each | {"meter_id": "b"} for each in hours)]
    assert sum(row.energy_wh for row in interval_energy(both, MIDNIGHT, DAY) if row.quantity == "import") == 2 * 2676
    bills = [bill, bill | {"meter_id": "b"}]
    total = sum(row.energy_wh for row in interval_energy(bills, MIDNIGHT, DAY) if row.quantity == "import")
    assert total == pytest.approx(2 * 2676)


def test_a_window_of_a_long_interval_is_a_part_of_the_whole() -> None:
    year = interval(7, 380 * 24 * 60, export_wh=1234.567)
    whole = interval_energy([year], MIDNIGHT - timedelta(days=1), MIDNIGHT + timedelta(days=400))
    assert sum(round(row.energy_wh * 1000) for row in whole) == 1_234_567
    start = MIDNIGHT + timedelta(days=100)
    part = interval_energy([year], start, start + timedelta(days=1))
    assert part == [row for row in whole if start <= row.start < start + timedelta(days=1)]


def test_short_intervals_add_up() -> None:
    rows = interval_energy([interval(5 * n, 5, export_wh=1.5) for n in range(2)], MIDNIGHT, DAY)
    assert [(row.energy_wh, row.completeness) for row in rows] == [(3.0, 2 / 3)]


def test_meters_add_up() -> None:
    rows = interval_energy([interval(0, 15, meter=m, export_wh=1.5) for m in "ab"], MIDNIGHT, DAY)
    assert [row.energy_wh for row in rows] == [3.0]


def test_consumption_is_derived_where_it_can_be() -> None:
    def consumption(**fields: Any) -> list[float]:
        rows = interval_energy([interval(0, 15, **fields)], MIDNIGHT, DAY)
        return [row.energy_wh for row in rows if row.quantity == "consumption"]

    assert consumption(import_wh=5) == [5.0]
    assert consumption(import_wh=5, generation_wh=10, export_wh=3) == [12.0]
    assert consumption(import_wh=5, self_consumption_wh=4) == [9.0]
    assert consumption(import_wh=5, consumption_wh=7) == [7.0]
    assert consumption(import_wh=5, export_wh=3) == []


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 90), st.integers(1, 3000), st.integers(1, 4), st.integers(0, 10**6)), max_size=8),
    st.integers(0, 2**32),
)
def test_order_and_repetition_change_nothing(facts: list[tuple[int, int, int, int]], seed: int) -> None:
    intervals = [interval(m, length, known, import_wh=mwh / 1000) for m, length, known, mwh in facts]
    chance = random.Random(seed)
    shuffled = intervals + (chance.choices(intervals, k=3) if intervals else [])
    chance.shuffle(shuffled)
    assert interval_energy(shuffled, MIDNIGHT, DAY) == interval_energy(intervals, MIDNIGHT, DAY)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 5000), st.integers(1, 31 * 24 * 60), st.integers(0, 10**10))
def test_one_interval_keeps_its_sum(minute: int, minutes: int, mwh: int) -> None:
    rows = interval_energy([interval(minute, minutes, export_wh=mwh / 1000)], MIDNIGHT, MIDNIGHT + timedelta(days=40))
    assert sum(round(row.energy_wh * 1000) for row in rows) == mwh
    assert round(sum(row.completeness for row in rows) * 15, 6) == minutes


def test_readings_win_and_intervals_fill() -> None:
    def row(minute: int, wh: float, completeness: float = 1.0) -> EnergyRow:
        return EnergyRow("import", MIDNIGHT + timedelta(minutes=minute), wh, completeness)

    filled = balanced([row(0, 1), row(15, 2, 0.0), row(45, 7, 0.0)], [row(0, 5), row(15, 6), row(30, 8)], {})
    assert [r.energy_wh for r in filled if r.quantity == "import"] == [1, 6, 8, 7]
