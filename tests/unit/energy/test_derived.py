"""Consumption and self-consumption of every split between readings and statements: one balance, or nothing said."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.balance import balanced, counted, installation_energy, installation_rows
from energy.energy_row import EnergyRow
from energy.limits import UNLIMITED
from energy.statements.intervals import interval_energy, stated_energy

START = datetime(2026, 6, 1, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
END = START + 3 * HOUR
FLOWS: dict[str, float] = {"generation": 4000, "import": 500, "export": 3000, "charge": 200, "discharge": 100}
"""Wh an hour; 1,400 are consumed."""
REGISTERS = {
    "generation": ("inverter", "energy_total_wh"),
    "import": ("meter", "import_total_wh"),
    "export": ("meter", "export_total_wh"),
    "charge": ("battery", "charge_total_wh"),
    "discharge": ("battery", "discharge_total_wh"),
}


def readings(**an_hour: float) -> list[dict[str, Any]]:
    """Registers of these quantities, read every five minutes."""
    return [
        {
            "installation_id": "home",
            "device_id": quantity,
            "device_kind": REGISTERS[quantity][0],
            "time": START + n * timedelta(minutes=5),
            REGISTERS[quantity][1]: 1_000_017 + round(wh * n / 12 * 1000) / 1000,
        }
        for quantity, wh in an_hour.items()
        for n in range(37)
    ]


def statements(hours: int = 3, **an_hour: float) -> list[dict[str, Any]]:
    """These fields of every hour."""
    return [
        {
            "installation_id": "home",
            "meter_id": "official",
            "start": START + n * HOUR,
            "end": START + (n + 1) * HOUR,
            "method": "measured",
            "source": "datadis",
            "known_at": END,
            **{f"{quantity}_wh": wh for quantity, wh in an_hour.items()},
        }
        for n in range(hours)
    ]


def totals(read: dict[str, float], stated: dict[str, float]) -> dict[str, float]:
    """Wh of three hours by quantity, of readings filled by statements."""
    others = stated_energy(statements(3, **stated), START, END) if stated else []
    rows = installation_rows(counted(readings(**read), UNLIMITED), START, END, others)
    assert len({row.start for row in rows}) == 12
    sums: dict[str, float] = {}
    for row in rows:
        assert (row.lower_wh or 0) <= row.energy_wh <= (row.upper_wh or 0)
        sums[row.quantity] = sums.get(row.quantity, 0) + row.energy_wh
    return {quantity: round(wh, 6) for quantity, wh in sums.items()}


@pytest.mark.parametrize("split", [*product(("read", "stated"), repeat=3)], ids="-".join)
@pytest.mark.parametrize("battery", [True, False])
def test_every_split_of_the_flows_balances(split: tuple[str, ...], battery: bool) -> None:
    where = dict(zip(("generation", "import", "export"), split, strict=True))
    read = {quantity: FLOWS[quantity] for quantity, of in where.items() if of == "read"}
    stated = {quantity: FLOWS[quantity] for quantity, of in where.items() if of == "stated"}
    if battery:
        read |= {"charge": FLOWS["charge"], "discharge": FLOWS["discharge"]}
    found = totals(read, stated)
    assert found["consumption"] == 3 * (1400 if battery else 1500)
    assert found["self_consumption"] == 3000


@pytest.mark.parametrize(
    ("read", "stated", "consumption", "self_consumption"),
    [
        ({"import": 0, "export": 3000}, {"generation": 4000}, 3000, 3000),
        ({"generation": 4000}, {"import": 0, "export": 3000}, 3000, 3000),
        ({"generation": 4000}, {"import": 500}, None, None),
        ({"generation": 4000, "import": 500}, {}, None, None),
        ({"export": 300}, {}, None, None),
        ({"import": 500, "export": 300}, {}, None, None),
        ({"import": 500, "export": 300}, {"generation": 400}, 1800, 300),
        ({"import": 500}, {"export": 300}, None, None),
        ({"import": 500}, {}, 1500, None),
        ({"generation": 4000}, {"import": 500, "self_consumption": 900}, 4200, 2700),
        ({}, {"import": 500, "self_consumption": 900}, 4200, 2700),
        ({}, {"import": 100, "generation": 4000}, None, None),
        ({}, {"import": 100, "export": 30}, None, None),
        ({"generation": 4000}, {"import": 500, "consumption": 700}, 2100, None),
        ({"generation": 4000, "import": 500, "export": 3000}, {"consumption": 1501}, 4500, 3000),
        ({"generation": 4000, "charge": 1000, "discharge": 500}, {}, 10_500, None),
        ({"generation": 4000}, {}, None, None),
    ],
)
def test_what_cannot_be_known_is_not_said(
    read: dict[str, float], stated: dict[str, float], consumption: float | None, self_consumption: float | None
) -> None:
    found = totals(read, stated)
    assert found.get("consumption") == consumption
    assert found.get("self_consumption") == self_consumption


def test_an_hour_without_its_export_says_no_consumption() -> None:
    intervals = statements(2, generation=4000, export=3000, **{"import": 100})
    intervals[0].pop("export_wh")
    rows = [row for row in interval_energy(intervals, START, END) if row.quantity == "consumption"]
    assert {row.start >= START + HOUR for row in rows} == {True}
    assert sum(row.energy_wh for row in rows) == 1100


def test_a_site_off_the_grid_says_that_it_has_no_meter() -> None:
    rows = installation_energy(readings(generation=4000, charge=1000), START, END, UNLIMITED)
    assert {row.cause for row in rows if row.quantity == "consumption"} == {"no meter"}
    with_meter = [*readings(generation=4000, charge=1000), *readings(**{"import": 5.0})[:1]]
    assert not [row for row in installation_energy(with_meter, START, END, UNLIMITED) if row.quantity == "consumption"]


def row(quantity: str, wh: float) -> EnergyRow:
    return EnergyRow(quantity, START, wh, 1.0, "measured", wh, wh)


def test_a_battery_that_sells_makes_no_negative_self_consumption() -> None:
    flows = {"generation": 0.0, "discharge": 2000.0, "export": 1500.0, "import": 0.0}
    found = {r.quantity: r for r in balanced([row(q, wh) for q, wh in flows.items()], [], {})}
    assert found["consumption"].energy_wh == 500
    own = found["self_consumption"]
    assert (own.energy_wh, own.lower_wh, own.upper_wh) == (0, 0, 0)
    sunny = {
        r.quantity: r for r in balanced([row(q, wh) for q, wh in (flows | {"generation": 1000.0}).items()], [], {})
    }
    own = sunny["self_consumption"]
    assert (own.energy_wh, own.lower_wh, own.upper_wh) == (0, 0, 1000)


def test_a_balance_below_zero_is_not_called_sure() -> None:
    found = {r.quantity: r for r in balanced([row("generation", 300), row("export", 625), row("import", 0)], [], {})}
    for quantity in ("consumption", "self_consumption"):
        value = found[quantity]
        assert (value.energy_wh, value.method, value.cause) == (-325, "estimated", "unbalanced")
        assert (value.lower_wh, value.upper_wh) == (-325, 300)


ENERGIES = st.dictionaries(st.sampled_from([*FLOWS]), st.integers(0, 5000), max_size=5)


@settings(max_examples=500, deadline=None)
@given(ENERGIES, ENERGIES, st.booleans())
def test_a_consumption_is_the_balance_or_says_why(
    read: dict[str, int], stated: dict[str, int], battery_sells: bool
) -> None:
    rows = balanced([row(q, wh) for q, wh in read.items()], [row(q, wh) for q, wh in stated.items()], {})
    found = {r.quantity: r for r in rows}
    flows = {**stated, **read}
    if "consumption" in found:
        assert found["consumption"].energy_wh == (
            flows.get("generation", 0)
            + flows.get("import", 0)
            - flows.get("export", 0)
            - flows.get("charge", 0)
            + flows.get("discharge", 0)
        )
        assert found["consumption"].energy_wh >= 0 or "unbalanced" in found["consumption"].cause
        assert "export" in flows or "generation" not in flows or "import" not in flows
    if "self_consumption" in found:
        assert found["self_consumption"].energy_wh >= 0 or "unbalanced" in found["self_consumption"].cause
