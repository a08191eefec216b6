"""Power now: consumption is said where the energy views say it, and of several installations each has its own."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from energy.balance import installation_energy
from energy.energy_row import EnergyRow
from energy.limits import UNLIMITED
from serving_layer.views.state import power

NOW = datetime(2026, 6, 1, 12, 10, tzinfo=timezone.utc)
KINDS = {"ac": "inverter", "import": "meter", "export": "meter", "charge": "battery", "discharge": "battery"}
REGISTERS = {"ac_power_w": "energy_total_wh"}


def states(watts: dict[str, float], home: str = "a", age_minutes: float = 1.0) -> list[dict[str, Any]]:
    """The states of a home's devices, by the first word of each power."""
    devices: dict[str, dict[str, Any]] = {}
    for name, value in watts.items():
        kind = KINDS[name]
        at = NOW - timedelta(minutes=age_minutes)
        device = devices.setdefault(kind, {"installation_id": home, "device_id": kind, "device_kind": kind, "time": at})
        device[f"{name}_power_w"] = value
    return list(devices.values())


def energies(of: list[dict[str, Any]]) -> dict[str, EnergyRow]:
    """What an hour of these powers is in the energy views, by quantity."""
    start = NOW.replace(minute=0) - timedelta(hours=1)
    readings = []
    for minutes in range(0, 61, 5):
        for state in of:
            powers = {name: value for name, value in state.items() if name.endswith("_power_w")}
            totals = {
                REGISTERS.get(name, name.replace("power_w", "total_wh")): 1000.0 + value * minutes / 60
                for name, value in powers.items()
            }
            readings.append({**state, **totals, "time": start + timedelta(minutes=minutes)})
    rows = installation_energy(readings, start, start + timedelta(minutes=15), UNLIMITED)
    return {row.quantity: row for row in rows}


@pytest.mark.parametrize(
    "watts",
    [
        {"import": 800.0},
        {"import": 800.0, "export": 0.0},
        {"import": 0.0, "export": 3000.0},
        {"ac": 1200.0, "import": 0.0},
        {"ac": 1200.0, "import": 300.0, "export": 500.0},
        {"discharge": 700.0, "charge": 0.0, "import": 0.0, "export": 200.0},
        {"ac": 1200.0, "charge": 400.0, "discharge": 0.0},
        {"ac": 1200.0},
        {"ac": 1200.0, "export": 300.0},
        {"charge": 400.0, "import": 900.0},
    ],
    ids=str,
)
def test_consumption_is_said_where_the_energy_views_say_it(watts: dict[str, float]) -> None:
    of = states(watts)

    said, expected = power(of, NOW), energies(of).get("consumption")

    assert ("consumption_w" in said) == (expected is not None)
    if expected is not None:
        assert said["consumption_w"] == pytest.approx(expected.energy_wh * 4, abs=0.01)


def test_an_export_that_nobody_is_known_to_give_is_no_consumption_below_zero() -> None:
    asleep = states({"ac": 1200.0}, age_minutes=60)

    assert power([*asleep, *states({"import": 0.0, "export": 3000.0})], NOW) == {"import_w": 0.0, "export_w": 3000.0}


def test_a_site_whose_meter_is_silent_is_not_off_the_grid() -> None:
    silent = states({"import": 100.0, "export": 0.0}, age_minutes=60)

    assert "consumption_w" not in power([*silent, *states({"ac": 1200.0, "charge": 400.0})], NOW)


def test_a_member_without_a_meter_adds_nothing_to_what_the_others_use() -> None:
    together = [*states({"ac": 0.0, "import": 500.0, "export": 0.0}, "a"), *states({"ac": 2000.0}, "b")]

    assert power(together, NOW) == {
        "generation_w": 2000.0, "import_w": 500.0, "export_w": 0.0, "consumption_w": 500.0,
    }  # fmt: skip
