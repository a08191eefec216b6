"""Every register and power is bounded by what is registered of its device and its installation, and so is their sum."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.balance import installation_energy, registers
from energy.energy_row import EnergyRow
from energy.limits import Limits
from energy.records import REGISTERS

START = datetime(2026, 6, 1, 10, tzinfo=timezone.utc)
QUARTER = timedelta(minutes=15)
FLOWS = {quantity: (kind, register, power) for register, (kind, quantity, power) in REGISTERS.items()}
OWN_KW, WHOLE_KW = 3.0, 5.0


def _readings(device: str, quantity: str, **columns: list[float]) -> list[dict[str, Any]]:
    """Readings every quarter-hour; ``columns`` are wh and w."""
    kind, register, power = FLOWS[quantity]
    names = {"wh": register, "w": power}
    count = len(next(iter(columns.values())))
    return [
        {
            "installation_id": "home",
            "device_id": device,
            "device_kind": kind,
            "time": START + n * QUARTER,
            **{names[name]: values[n] for name, values in columns.items()},
        }
        for n in range(count)
    ]


def _rows(readings: list[dict[str, Any]], limits: Limits, quantity: str) -> list[EnergyRow]:
    rows = installation_energy(readings, START - QUARTER, START + timedelta(days=1), limits)
    return [row for row in rows if row.quantity == quantity]


@pytest.mark.parametrize(
    ("quantity", "limits", "most_w"),
    [
        *((quantity, Limits(None, {"d": OWN_KW}), 3000) for quantity in FLOWS),
        *((quantity, Limits(WHOLE_KW, {"d": OWN_KW}, WHOLE_KW), 3000) for quantity in FLOWS),
        ("generation", Limits(WHOLE_KW, {"d": 9.0}), 5000),
        ("generation", Limits(WHOLE_KW), 5000),
        ("export", Limits(WHOLE_KW, {}, 7.0), 7000),
        ("export", Limits(WHOLE_KW), None),
        ("import", Limits(WHOLE_KW, {}, 7.0), None),
        ("charge", Limits(WHOLE_KW, {"other": 1.0}), None),
        ("generation", Limits(0.0, {"d": 0.0}), None),
    ],
)
def test_a_flow_is_bounded_by_the_least_that_is_known(quantity: str, limits: Limits, most_w: float | None) -> None:
    (register,) = registers(_readings("d", quantity, wh=[0.0, 1.0]), limits)
    assert register.capacity_w == most_w


@pytest.mark.parametrize("quantity", FLOWS)
@given(at=st.integers(2, 20), rise_wh=st.floats(1_500, 3_700), lasts=st.sampled_from([1, 2, 30]))
def test_a_register_of_a_known_device_rises_no_further_than_it_can(
    quantity: str, at: int, rise_wh: float, lasts: int
) -> None:
    """What a household's connection could give, but not this device."""
    wh = [1_000_000 + 100.0 * n + (rise_wh if at <= n < at + lasts else 0) for n in range(24)]
    rows = _rows(_readings("d", quantity, wh=wh), Limits(None, {"d": OWN_KW}), quantity)
    assert sum(row.energy_wh for row in rows) <= 2300.001
    assert any(row.cause for row in rows)


@pytest.mark.parametrize("quantity", FLOWS)
@given(at=st.integers(1, 22), w=st.sampled_from([5_000.0, 14_000.0, 32_767.0, 65_535.0, 2_147_483_647.0]))
def test_a_power_of_a_known_device_is_no_greater_than_it_can(quantity: str, at: int, w: float) -> None:
    powers = [w if n == at else 400.0 for n in range(24)]
    rows = _rows(_readings("d", quantity, w=powers), Limits(None, {"d": OWN_KW}), quantity)
    assert sum(row.energy_wh for row in rows) == pytest.approx(2300)
    assert any("momentary" in row.cause for row in rows)


@given(shares=st.lists(st.floats(0.4, 0.95), min_size=3, max_size=5), at=st.integers(3, 20), lasts=st.integers(1, 3))
def test_inverters_together_give_no_more_than_the_installation(shares: list[float], at: int, lasts: int) -> None:
    """Each alone is within the capacity of all."""
    readings = []
    for number, share in enumerate(shares):
        wh, total = [], 10_000.0
        for n in range(24):
            total += share * WHOLE_KW * 1500 / 4 if at <= n < at + lasts else 50
            wh.append(total)
        readings += _readings(f"inverter-{number}", "generation", wh=wh)
    most_wh = WHOLE_KW * 1500 * 16 / 60
    rows = _rows(readings, Limits(WHOLE_KW), "generation")
    above = [row for row in rows if "jump" in row.cause]
    assert all(row.energy_wh <= most_wh for row in rows)
    if sum(shares) * WHOLE_KW * 1500 / 4 > most_wh:
        assert len(above) == lasts
    for row in above:
        assert row.method == "estimated"
        assert (row.lower_wh or 0) <= row.energy_wh == row.upper_wh


def test_a_plant_that_always_gives_more_than_its_capacity_was_registered_wrongly() -> None:
    wh = [10_000 + 1_000.0 * n for n in range(24)]
    readings = [each for device in "abc" for each in _readings(device, "generation", wh=wh)]
    rows = _rows(readings, Limits(WHOLE_KW), "generation")
    assert sum(row.energy_wh for row in rows) == 3 * 23_000
    assert not any(row.cause for row in rows)
