"""Readings that come one by one end in the energy of all of them, also where one of them ends a doubtful stretch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readings_of import NOON, reading

from energy.balance import EnergyRow, installation_energy
from energy.conflict import merge
from speed_layer.stored import Reading
from speed_layer.totals import installation_totals
from speed_layer.windows import Run

DEVICE = "home-1-inverter"
CAPACITY = {"home-1": 10.0}
STEP = timedelta(minutes=5)
COUNT = 60


class Memory:
    """The look-ups of ``speed_layer.stored.Store`` over readings of one device in memory."""

    def __init__(self) -> None:
        self.held: dict[datetime, Reading] = {}

    def devices(self, installations: Sequence[str]) -> list[list[str]]:
        return [[DEVICE] for _ in installations]

    def between(self, asked: list[tuple[str, datetime, datetime]]) -> list[list[Reading]]:
        return [self._where(lambda at, s=start, e=end: s <= at < e) for _, start, end in asked]

    def before(self, asked: list[tuple[str, datetime]], count: int, within: timedelta) -> list[list[Reading]]:
        return [self._where(lambda at, i=instant: i - within <= at < i)[::-1][:count] for _, instant in asked]

    def since(self, asked: list[tuple[str, datetime]], count: int, within: timedelta) -> list[list[Reading]]:
        return [self._where(lambda at, i=instant: i <= at < i + within)[:count] for _, instant in asked]

    def _where(self, holds: Callable[[datetime], bool]) -> list[Reading]:
        return [self.held[at] for at in sorted(self.held) if holds(at)]


def followed(readings: Sequence[dict[str, Any]]) -> dict[tuple[str, datetime], EnergyRow]:
    """What the view holds after each reading was written and its periods made anew, one after another."""
    store, view = Memory(), {}
    for each in readings:
        at = each["time"]
        store.held[at] = merge(store.held.get(at, {}), each)
        for _, _, rows in installation_totals(store, {"home-1": [Run(DEVICE, at, at)]}, CAPACITY):  # type: ignore[arg-type]
            view.update({(row.quantity, row.start): row for row in rows})
    return view


def expected(readings: Sequence[dict[str, Any]]) -> dict[tuple[str, datetime], EnergyRow]:
    day = timedelta(days=1)
    rows = installation_energy(readings, NOON - day, NOON + day, CAPACITY["home-1"])
    return {(row.quantity, row.start): row for row in rows}


def register(n: int) -> float:
    return 50_000.0 + 100 * n


def trace(fault: Callable[[int], float], power: float = 1200.0) -> list[dict[str, Any]]:
    return [reading(300 * n, energy_total_wh=fault(n), ac_power_w=power) for n in range(COUNT)]


FAULTS: dict[str, Callable[[int], float]] = {
    "none": register,
    "zero for a moment": lambda n: 0.0 if 20 <= n < 28 else register(n),
    "sentinel": lambda n: 4_294_967_295.0 if n == 30 else register(n),
    "stuck, then caught up": lambda n: register(20) if 20 <= n < 28 else register(n),
    "reset": lambda n: register(n) if n < 30 else 100.0 * (n - 30),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_one_by_one_ends_in_the_energy_of_all(fault: Callable[[int], float]) -> None:
    readings = trace(fault)
    assert followed(readings) == expected(readings)


_registers = st.sampled_from(
    [register, lambda n: register(n) + 40, lambda _: 0.0, lambda n: register(n // 4 * 4), lambda n: 100.0 * n]
)
_readings = st.builds(
    lambda n, of, power: reading(300 * n, energy_total_wh=of(n), **power),
    st.integers(0, 30),
    _registers,
    st.sampled_from([{"ac_power_w": 1200.0}, {"ac_power_w": 0.0}, {}]),
)


@settings(max_examples=1_000, deadline=None)
@given(st.lists(_readings, min_size=1, max_size=8), st.data())
def test_any_order_and_repetition_ends_in_the_energy_of_all(
    readings: list[dict[str, Any]], data: st.DataObject
) -> None:
    came = data.draw(st.permutations([*readings, *data.draw(st.lists(st.sampled_from(readings), max_size=3))]))
    assert followed(came) == expected(readings)


def test_a_hole_longer_than_a_day_is_left_to_the_night_and_never_a_zero() -> None:
    before = [reading(60 * n, energy_total_wh=register(n)) for n in range(8)]
    after = [reading(90_000 + 420 + 60 * n, energy_total_wh=register(5_000 + n)) for n in range(8)]
    view = followed(before + after)
    starts = sorted(start for _, start in view)
    assert starts == [NOON, NOON + timedelta(hours=25)]
    assert [round(view["generation", start].completeness, 3) for start in starts] == [round(7 / 15, 3)] * 2
    assert [view["generation", start].energy_wh for start in starts] == [700.0, 700.0]
