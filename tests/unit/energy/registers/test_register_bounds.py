"""No register may rise by what nothing around it makes likely: kinds of fault x sampling rates x quantities."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from energy.balance import installation_energy
from energy.limits import Limits
from energy.registers.counters import ANY_HOLE, Portion, portions
from energy.registers.pace import MW_US
from tests.support.registers.faults import AT, COUNT, FAULTS, PACE_W, RATES_S, START, steady, times

QUANTITIES = {
    "import": ("meter", "import_total_wh"),
    "export": ("meter", "export_total_wh"),
    "charge": ("battery", "charge_total_wh"),
    "discharge": ("battery", "discharge_total_wh"),
    "generation": ("inverter", "energy_total_wh"),
}
NAMED = ("jump", "replaced", "reset", "momentary", "wrap", "gap", "stuck")


def found(registers: list[float | None], at: list[datetime], capacity_w: float | None = None) -> dict[int, Portion]:
    """The portions of a register without power, by the whole history."""
    return portions(list(zip(at, registers, [None] * len(at), strict=True)), capacity_w, ANY_HOLE)


@pytest.mark.parametrize("rate_s", RATES_S)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.replace(" ", "-"))
def test_no_fault_makes_energy_and_the_bounds_hold_the_truth(fault: str, rate_s: int) -> None:
    wh = steady(rate_s)
    true = round((wh[-1] - wh[0]) * 1000)
    result = found(FAULTS[fault](wh, rate_s), times(rate_s)).values()
    total = sum(p.mwh for p in result)
    # The two counts are those of a register in whole Wh that begins at 0 anew.
    assert total <= true + 2000
    assert sum(p.lower for p in result) <= true + 2000
    if fault not in ("zeros from the first reading", "kWh written as Wh, then corrected"):
        assert total >= true * 0.5
        uncovered = (COUNT - 1) * rate_s * 1_000_000 - sum(p.covered for p in result)
        assert sum(p.upper for p in result) + uncovered * PACE_W * 1000 / MW_US >= true - 2000
    if abs(total - true) > 2000 and fault != "first reading a marker":  # then the first step is not covered
        assert any(cause in p.cause for cause in NAMED for p in result)


@pytest.mark.parametrize("rate_s", RATES_S)
def test_a_clean_register_is_exact_at_any_rate(rate_s: int) -> None:
    wh = steady(rate_s)
    result = found([*wh], times(rate_s)).values()
    assert sum(p.mwh for p in result) == round((wh[-1] - wh[0]) * 1000)
    assert not {p.cause for p in result} - {"", "gap"}


@pytest.mark.parametrize("capacity_kw", [None, 5.0])
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_another_meter_leaves_one_step_unknown_in_every_quantity(quantity: str, capacity_kw: float | None) -> None:
    kind, register = QUANTITIES[quantity]
    readings = [
        {
            "installation_id": "a",
            "device_id": "d",
            "device_kind": kind,
            "time": START + timedelta(minutes=15 * i),
            register: (1_234_000.0 if i < 12 else 45_678_000.0) + 100 * i,
        }
        for i in range(25)
    ]
    rows = [
        row
        for row in installation_energy(readings, START, START + timedelta(hours=7), Limits(capacity_kw))
        if row.quantity == quantity
    ]
    assert sum(row.energy_wh for row in rows) == 2300
    (jump,) = (row for row in rows if row.cause == "jump")
    assert (jump.energy_wh, jump.completeness, jump.lower_wh) == (0, 0, 0)
    assert 100 <= (jump.upper_wh or 0) <= 10_000


STAIRS = {
    "two in a row": {20: 44e6, 21: 44e6},
    "two, one apart": {20: 44e6, 22: 30e6},
    "each larger than the one before": {20: 10e6, 21: 44e6, 22: 90e6},
    "two, five apart": {20: 44e6, 26: 44e6},
    "up, and half of it down": {20: 44e6, 24: -20e6},
    "two devices go and come back one by one": {20: -300e3, 22: -300e3, 26: 300e3, 28: 300e3},
    "wild values up and down": {20: 600e6, 21: 2.5e9, 22: 0.9e9, 23: -3.4e9, 24: 0.9e9, 25: -1.5e9},
}
"""What is added to the register from a sample on, in Wh."""


@pytest.mark.parametrize("rate_s", RATES_S)
@pytest.mark.parametrize("stairs", STAIRS.values(), ids=STAIRS.keys())
def test_faults_in_a_row_do_not_speak_for_each_other(stairs: dict[int, float], rate_s: int) -> None:
    clean = steady(rate_s)
    wh = [value + sum(rise for begin, rise in stairs.items() if n >= begin) for n, value in enumerate(clean)]
    result = found([*wh], times(rate_s)).values()
    true = (clean[-1] - clean[0]) * 1000
    assert sum(p.mwh for p in result if not p.cause) <= true
    # Of a day 300 kWh are what a household's connection may give.
    assert sum(p.mwh for p in result) <= (3 * true if rate_s == 86_400 else true + 2000)
    assert sum(p.lower for p in result) <= true + 2000


@pytest.mark.parametrize("rate_s", [5, 60, 300, 900])
def test_zeros_longer_than_a_day_are_no_energy(rate_s: int) -> None:
    at = [START + timedelta(seconds=rate_s * n) for n in range(72 * 3600 // rate_s)]
    registers: list[float | None] = [*[0.0] * (len(at) - 5), *(8_000_750.0 + n for n in range(5))]
    result = found([8_000_000.0, *registers], [START - timedelta(seconds=rate_s), *at]).values()
    assert sum(p.mwh for p in result) == 4000
    assert {cause for p in result for cause in p.cause.split(",")} == {"", "reset", "jump"}


@pytest.mark.parametrize(
    ("rises_wh", "why"),
    [
        ([0] * 20 + [11_000 / 4] * 8 + [0] * 12, "a car begins to charge"),
        ([0] * 20 + [2500] + [0] * 19, "an oven for a quarter-hour"),
        ([0] * 12 + [500, 5_000, 15_000, 30_000, *[50_000] * 24], "the sun rises over a park"),
        ([250] * 20 + [50_000] * 20, "a factory begins its day"),
        ([1000 if n % 10 == 9 else 0 for n in range(40)], "a register of 1 kWh counts"),
        ([10] * 20 + [87_500] * 2 + [10] * 18, "a fast charger of 350 kW"),
    ],
)
def test_what_happens_every_day_is_no_jump(rises_wh: list[float], why: str) -> None:
    registers, wh = [], 5_000_000.0
    for rise in rises_wh:
        wh += rise
        registers.append(wh)
    at = [START + timedelta(minutes=15 * n) for n in range(len(registers))]
    result = found([*registers], at).values()
    assert sum(p.mwh for p in result) == round((registers[-1] - registers[0]) * 1000), why
    assert {p.cause for p in result} == {""}


def test_the_table_reaches_beyond_every_fault() -> None:
    assert AT + 6 < COUNT
    assert PACE_W > 0
