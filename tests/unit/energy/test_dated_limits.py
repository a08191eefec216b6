"""A plant that was extended: each quarter-hour is judged by the limits that held then."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.balance import installation_energy
from energy.energy_row import QUARTER, EnergyRow, to_us
from energy.limits import Limits

BEGIN = datetime(2026, 6, 1, tzinfo=timezone.utc)
EXTENDED = BEGIN + timedelta(hours=12)
STEP = timedelta(minutes=5)
SIZES = Limits(20.0, since=to_us(EXTENDED), earlier=Limits(2.0))


def readings(power_w: float, jumps: dict[int, float], count: int = 288, power: bool = True) -> list[dict[str, Any]]:
    """A register of ``power_w`` every five minutes; before sample n it rises by ``jumps[n]`` Wh more."""
    found, register = [], 1_000.0
    for n in range(count):
        register += power_w / 12 + jumps.get(n, 0.0)
        reading = {"device_id": "i", "device_kind": "inverter", "time": BEGIN + n * STEP, "energy_total_wh": register}
        found.append(reading | ({"ac_power_w": power_w} if power else {}))
    return found


def rows(of: list[dict[str, Any]], limits: Limits, start: datetime = BEGIN) -> dict[datetime, EnergyRow]:
    end = BEGIN + timedelta(days=1)
    return {row.start: row for row in installation_energy(of, start, end, limits) if row.quantity == "generation"}


@pytest.mark.parametrize("power", [True, False])
def test_a_rise_that_the_plant_could_give_only_once_it_was_extended(power: bool) -> None:
    # 1.5 kWh in five minutes are 18 kW: too much for 2 kW in the morning, not for 20 kW in the evening.
    of = readings(900.0, {60: 1_500.0, 200: 1_500.0}, power=power)
    early, late = (BEGIN + QUARTER * (n // 3) for n in (59, 199))
    dated, small, large = (rows(of, sizes) for sizes in (SIZES, Limits(2.0), Limits(20.0)))
    assert dated[early].energy_wh == small[early].energy_wh < 1_000 < large[early].energy_wh
    assert dated[late] == large[late]
    assert {at: row for at, row in dated.items() if at < EXTENDED} == {
        at: row for at, row in small.items() if at < EXTENDED
    }
    assert {at: row for at, row in dated.items() if at >= EXTENDED} == {
        at: row for at, row in large.items() if at >= EXTENDED
    }


def test_most_powers_above_the_old_capacity_do_not_unbound_the_time_before() -> None:
    small, large = readings(900.0, {60: 1_500.0}, 144), readings(9_000.0, {}, 288)[144:]
    risen = small[-1]["energy_total_wh"]
    base = large[0]["energy_total_wh"] - 9_000.0 / 12
    of = small + [each | {"energy_total_wh": each["energy_total_wh"] - base + risen} for each in large]
    found = rows(of, SIZES)
    assert found[BEGIN + timedelta(hours=4, minutes=45)].energy_wh < 1_000
    assert sum(row.energy_wh for at, row in found.items() if at >= EXTENDED) == pytest.approx(9_000 * 12, rel=0.01)


@settings(deadline=None)
@given(
    st.sets(st.integers(0, 287), max_size=250).map(sorted),
    st.lists(st.integers(0, 96), max_size=3),
    st.integers(0, 95),
    st.booleans(),
)
def test_a_capacity_cut_into_periods_changes_nothing(
    missing: list[int], edges: list[int], first: int, power: bool
) -> None:
    of = [each for n, each in enumerate(readings(900.0, {}, power=power)) if n not in missing]
    at = [to_us(BEGIN + n * QUARTER) for n in sorted(set(edges))]
    limits = Limits(5.0)
    for n, since in enumerate(at):
        # Never reached, and so no bound of another.
        limits = Limits(5.0 + n % 2, since=since, earlier=limits)
    start = BEGIN + first * QUARTER
    assert rows(of, limits, start) == rows(of, Limits(5.0), start)


def test_inverters_together_are_bounded_by_what_the_installation_was_then() -> None:
    # Each alone is within the capacity of before; all three together are not, in one quarter-hour.
    of = [
        each | {"device_id": device}
        for device in "abc"
        for each in readings(900.0, dict.fromkeys((60, 200), 600.0), power=False)
    ]
    found, large = rows(of, SIZES), rows(of, Limits(20.0))
    early, late = (BEGIN + QUARTER * (n // 3) for n in (59, 199))
    assert "jump" in found[early].cause
    assert found[early].energy_wh < large[early].energy_wh
    assert found[late] == large[late]
