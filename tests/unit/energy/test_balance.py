"""Installations and communities: exact sums, honest completeness, any order."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from energy.balance import installation_energy
from energy.community import community_energy
from energy.energy_row import EnergyRow
from energy.limits import UNLIMITED, Limits

MIDNIGHT = datetime(2026, 6, 1, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
Reading = dict[str, Any]


def reading(device: str, kind: str, minute: float, **fields: float) -> Reading:
    time = MIDNIGHT + timedelta(minutes=minute)
    return {"installation_id": "home", "device_id": device, "device_kind": kind, "time": time, **fields}


def home(minutes: int = 60, step: int = 5) -> list[Reading]:
    """1200 W of sun, 300 W in, 500 W out, 200 W into the battery: 800 W are consumed."""
    readings = []
    for m in range(0, minutes + 1, step):
        readings += [
            reading("pv", "inverter", m, energy_total_wh=1000 + 20.0 * m, ac_power_w=1200.0),
            reading("meter", "meter", m, import_total_wh=50 + 5.0 * m, export_total_wh=70 + 25 / 3 * m),
            reading("bat", "battery", m, charge_total_wh=10 / 3 * m, discharge_total_wh=7.0),
        ]
    return readings


def by_quantity(rows: list[EnergyRow], start: datetime = MIDNIGHT) -> dict[str, EnergyRow]:
    return {row.quantity: row for row in rows if row.start == start}


def test_consumption_is_the_balance_of_all_devices() -> None:
    rows = installation_energy(home(), MIDNIGHT, MIDNIGHT + HOUR, Limits(5.0))
    assert len(rows) == 7 * 4
    quarter = by_quantity(rows)
    assert {name: row.energy_wh for name, row in quarter.items()} == {
        "generation": 300.0, "import": 75.0, "export": 125.0, "charge": 50.0, "discharge": 0.0,
        "consumption": 200.0, "self_consumption": 175.0,
    }  # fmt: skip
    assert {(row.completeness, row.method, row.cause) for row in rows} == {(1.0, "measured", "")}


def test_the_balance_is_exact_in_every_period() -> None:
    for start in (MIDNIGHT + n * timedelta(minutes=15) for n in range(4)):
        q = by_quantity(installation_energy(home(60, 7), MIDNIGHT, MIDNIGHT + HOUR, Limits(5.0)), start)
        mwh = {name: round(row.energy_wh * 1000) for name, row in q.items()}
        assert mwh["consumption"] == (
            mwh["generation"] + mwh["import"] - mwh["export"] - mwh["charge"] + mwh["discharge"]
        )


def test_without_a_meter_nothing_is_said_of_consumption() -> None:
    readings = [r for r in home() if r["device_kind"] == "inverter"]
    rows = installation_energy(readings, MIDNIGHT, MIDNIGHT + HOUR, Limits(5.0))
    assert {row.quantity for row in rows} == {"generation"}


def test_what_a_home_consumes_that_exports_what_nobody_reads_is_not_said() -> None:
    meter = [r for r in home() if r["device_kind"] == "meter"]
    rows = installation_energy(meter, MIDNIGHT, MIDNIGHT + HOUR, UNLIMITED)
    assert {row.quantity for row in rows} == {"import", "export"}
    still = [{**each, "export_total_wh": 70.0} for each in meter]
    rows = installation_energy(still, MIDNIGHT, MIDNIGHT + HOUR, UNLIMITED)
    assert by_quantity(rows)["consumption"].energy_wh == 75.0


def test_a_device_that_turns_into_another_kind_has_the_energy_of_both() -> None:
    meter = [each | {"device_id": "one"} for each in home() if each["device_kind"] == "meter"]
    inverter = [each | {"device_id": "one"} for each in home(120) if each["device_kind"] == "inverter"]
    turned = [*meter, *(each for each in inverter if each["time"] > MIDNIGHT + HOUR)]

    rows = installation_energy(turned, MIDNIGHT, MIDNIGHT + 2 * HOUR, UNLIMITED)

    sums: dict[str, float] = {}
    for row in rows:
        sums[row.quantity] = sums.get(row.quantity, 0.0) + row.energy_wh
    assert (sums["import"], sums["export"], sums["generation"]) == (300.0, 500.0, 1100.0)
    later = installation_energy(turned[len(meter) :], MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR, UNLIMITED)
    assert [row for row in rows if row.quantity == "generation"] == [r for r in later if r.quantity == "generation"]


def test_a_silent_inverter_shows_in_completeness() -> None:
    readings = [r for r in home() if r["device_kind"] == "meter" or r["time"] < MIDNIGHT + timedelta(minutes=20)]
    rows = installation_energy(readings, MIDNIGHT, MIDNIGHT + HOUR, Limits(5.0))
    assert by_quantity(rows)["consumption"].completeness == 1.0
    late = by_quantity(rows, MIDNIGHT + timedelta(minutes=30))
    assert "generation" not in late
    assert late["consumption"].completeness == 0.0


def test_the_least_complete_device_speaks_for_all() -> None:
    readings = [
        *(reading("a", "inverter", m, energy_total_wh=10.0 * m) for m in range(0, 16, 5)),
        *(reading("b", "inverter", m, energy_total_wh=10.0 * m) for m in range(0, 6, 5)),
    ]
    (row,) = installation_energy(readings, MIDNIGHT, MIDNIGHT + HOUR, Limits(5.0))
    assert (row.energy_wh, row.completeness) == (200.0, 1 / 3)


def test_a_device_without_any_reading_is_not_missed() -> None:
    readings = [
        *(reading("a", "inverter", m, energy_total_wh=10.0 * m) for m in range(0, 61, 5)),
        *(reading("new", "inverter", m, energy_total_wh=10.0 * m) for m in range(30, 61, 5)),
    ]
    rows = installation_energy(readings, MIDNIGHT, MIDNIGHT + HOUR, Limits(5.0))
    assert [row.completeness for row in rows] == [1.0] * 4


def test_only_whole_periods_of_the_range_are_given() -> None:
    rows = installation_energy(home(), MIDNIGHT + timedelta(minutes=15), MIDNIGHT + timedelta(minutes=30), Limits(5.0))
    assert {row.start for row in rows} == {MIDNIGHT + timedelta(minutes=15)}
    assert installation_energy([], MIDNIGHT, MIDNIGHT + HOUR, UNLIMITED) == []


READINGS = st.lists(
    st.builds(
        lambda device, minute, fields: reading(device[0], device[1], minute, **fields),
        st.sampled_from([("pv", "inverter"), ("pv2", "inverter"), ("meter", "meter"), ("bat", "battery")]),
        st.integers(0, 90),
        st.dictionaries(
            st.sampled_from(
                [
                    "energy_total_wh",
                    "ac_power_w",
                    "import_total_wh",
                    "export_total_wh",
                    "import_power_w",
                    "charge_total_wh",
                ]
            ),
            st.sampled_from([0.0, 1.0, 33.3, 700.0, 701.0, 4000.0, 65_530.0]),
            max_size=4,
        ),
    ),
    max_size=20,
)


@settings(max_examples=250, deadline=None)
@given(READINGS, st.integers(0, 2**32))
def test_order_and_repetition_change_nothing(readings: list[Reading], seed: int) -> None:
    chance = random.Random(seed)
    shuffled = readings + (chance.choices(readings, k=5) if readings else [])
    chance.shuffle(shuffled)
    end = MIDNIGHT + 2 * HOUR
    of_shuffled = installation_energy(shuffled, MIDNIGHT, end, Limits(5.0))
    assert of_shuffled == installation_energy(readings, MIDNIGHT, end, Limits(5.0))


def test_a_community_sums_its_members_in_any_order() -> None:
    a = [EnergyRow("import", MIDNIGHT, 0.1, 1.0, "measured", 0.1, 0.1)]
    b = [EnergyRow("import", MIDNIGHT, 0.2, 0.5, "integrated", 0.0, 0.3, "stuck")]
    c = [EnergyRow("import", MIDNIGHT + HOUR, 1.0), EnergyRow("export", MIDNIGHT, 2.0)]
    rows = community_energy({"a": a, "b": b, "c": c})
    assert rows == community_energy({"c": c, "b": b, "a": a})
    assert rows == [
        EnergyRow("export", MIDNIGHT, 2.0, 1.0, "measured", 2.0, 2.0, ""),
        EnergyRow("import", MIDNIGHT, 0.3, 0.5, "integrated", 0.1, 0.4, "stuck"),
        EnergyRow("import", MIDNIGHT + HOUR, 1.0, 1 / 3, "measured", 1.0, 1.0, ""),
    ]
