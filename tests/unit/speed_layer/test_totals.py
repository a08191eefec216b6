"""Readings that come one by one end in the energy of all of them, also where one of them ends a doubtful stretch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.balance import Register, installation_energy
from energy.conflict import adds, merge
from energy.energy_row import EnergyRow
from energy.limits import Limits
from speed_layer.energy_query import totals
from speed_layer.energy_query.affected import affecting_registers
from speed_layer.energy_query.carried_state import CarriedState
from speed_layer.energy_query.totals import installation_totals
from speed_layer.lookups import Reading
from speed_layer.readings_query.duplicates import Device, Key
from tests.support.readings import NOON, reading

DEVICE = "home-1-inverter"
LIMITS = {"home-1": Limits(10.0)}
STEP = timedelta(minutes=5)
COUNT = 60


View = dict[tuple[str, datetime], EnergyRow]


class Memory:
    """The look-ups of ``speed_layer.lookups.Store`` over readings of one device in memory."""

    def __init__(self) -> None:
        self.held: dict[datetime, Reading] = {}
        self.view: View = {}
        self.looked = 0

    def write(self, reading: Reading, offset: int) -> None:
        held = self.held.get(reading["time"], {})
        if adds(held, reading):
            self.held[reading["time"]] = merge(held, reading) | {"kafka_partition": 0, "kafka_offset": offset}

    def devices(self, installations: Sequence[str]) -> list[dict[str, datetime]]:
        self.looked += 1
        return [{DEVICE: max(self.held)} for _ in installations]

    def between(self, asked: list[tuple[Device, datetime, datetime]]) -> list[list[Reading]]:
        return [self._between(start, end) for _, start, end in asked]

    def before(self, asked: list[Key], count: int, within: timedelta) -> list[list[Reading]]:
        return [self._between(instant - within, instant)[::-1][:count] for *_, instant in asked]

    def since(self, asked: list[Key], count: int, within: timedelta) -> list[list[Reading]]:
        return [self._between(instant, instant + within)[:count] for *_, instant in asked]

    def energy(self, asked: list[tuple[str, datetime, datetime]]) -> list[list[EnergyRow]]:
        return [[row for (_, at), row in self.view.items() if start <= at < end] for _, start, end in asked]

    def withdraw(self, periods: Iterable[tuple[str, str, datetime]]) -> None:
        for _, quantity, start in periods:
            del self.view[quantity, start]

    def _between(self, start: datetime, end: datetime) -> list[Reading]:
        return [self.held[at] for at in sorted(self.held) if start <= at < end]


def made(
    store: Memory, registers: Sequence[Register], known: dict[str, CarriedState], last: int
) -> dict[str, CarriedState]:
    """Make the view's periods of one batch; what the next one goes on from."""
    totals = installation_totals(store, {"home-1": registers}, known, {0: last}, LIMITS)  # type: ignore[arg-type]
    after = {}
    for name, _, rows, followed_ in totals:
        store.view.update({(row.quantity, row.start): row for row in rows})
        if followed_ is not None:
            after[name] = followed_
    return after


def carried(readings: Sequence[dict[str, Any]], ahead: int = 0, batch: int = 1) -> Memory:
    """The tables after each batch was written and its periods made, the readings being ``ahead`` by so many."""
    store = Memory()
    known: dict[str, CarriedState] = {}
    for first in range(0, len(readings), batch):
        last = min(first + batch, len(readings)) - 1
        for offset in range(0 if first == 0 else first + ahead, min(last + ahead + 1, len(readings))):
            store.write(readings[offset], offset)
        registers = list(affecting_registers(list(readings[first : last + 1]), LIMITS["home-1"]))
        known = made(store, registers, known, last)
    return store


def expected(readings: Sequence[dict[str, Any]]) -> dict[tuple[str, datetime], EnergyRow]:
    day = timedelta(days=1)
    rows = installation_energy(readings, NOON - day, NOON + day, LIMITS["home-1"])
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
    assert carried(readings).view == expected(readings)


@pytest.mark.parametrize(("ahead", "batch"), [(0, 1), (7, 1), (0, 5), (40, 7), (40, 50)])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_batches_behind_the_store_end_in_the_same(fault: Callable[[int], float], ahead: int, batch: int) -> None:
    readings = trace(fault)
    assert carried(readings, ahead, batch).view == expected(readings)


LONG: dict[str, Callable[[int, int], float | None]] = {
    "zeros": lambda n, still: 0.0 if still else register(n),
    "a marker": lambda n, still: 4_294_967_295.0 if still else register(n),
    "a tenth": lambda n, still: register(n) / 10 if still else register(n),
    "a device less": lambda n, still: register(n) - 30_000 if still else register(n),
    "stuck, then caught up": lambda n, still: register(n - still) if still else register(n),
    "not read": lambda n, still: None if still else register(n),
}
"""What becomes of the register at sample ``n``, the ``still``-th of a fault, of the first on 1."""


@pytest.mark.parametrize("power", [1200.0, None])
@pytest.mark.parametrize("seconds", [15, 60])
@pytest.mark.parametrize("fault", LONG.values(), ids=LONG.keys())
def test_a_fault_longer_than_what_is_near_ends_in_the_energy_of_all(
    fault: Callable[[int, int], float | None], seconds: int, power: float | None
) -> None:
    lasts = 40 * 60 // seconds
    readings = []
    for n in range(3 * lasts):
        wh = fault(n, max(0, n - lasts + 1) if n < 2 * lasts else 0)
        said: dict[str, Any] = {"energy_total_wh": wh, "ac_power_w": power and power + n % 7}
        readings.append(reading(seconds * n, **{name: value for name, value in said.items() if value is not None}))
    readings = [each for each in readings if each.keys() & {"energy_total_wh", "ac_power_w"}]
    assert carried(readings, batch=11).view == expected(readings)


def test_a_fault_that_began_beyond_the_far_readings_is_left_to_the_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals, "FAR", 60)
    readings = [reading(60 * n, energy_total_wh=0.0 if 30 <= n < 150 else register(n)) for n in range(200)]
    view, whole = carried(readings, batch=11).view, expected(readings)
    differ = sorted(start for (_, start), row in view.items() if row != whole["generation", start])
    assert view.keys() == whole.keys()
    assert [NOON + timedelta(minutes=15), NOON + timedelta(minutes=135)] == [differ[0], differ[-1]]
    assert {view["generation", start].energy_wh for start in differ[1:]} == {0.0}


def test_a_register_that_stood_still_before_what_is_known_has_bounds_that_hold_the_truth() -> None:
    """It caught up, and since when it had stood nobody sees."""
    readings = [reading(60 * n, energy_total_wh=0.1 + register(30 if n < 30 else n)) for n in range(40)]
    readings = [{**each, "ac_power_w": 6000.0} for each in readings]
    rows = [row for (quantity, _), row in carried(readings).view.items() if quantity == "generation"]
    assert all(row.lower_wh == 0 for row in rows if row.start < NOON + timedelta(minutes=30))


def test_a_plain_register_is_read_once_and_then_carried() -> None:
    assert carried(trace(register)).looked == 1
    assert carried(trace(register), ahead=20, batch=3).looked == 1


def test_a_device_in_two_tasks_is_summed_from_what_is_stored() -> None:
    readings, store = trace(register), Memory()
    for offset, each in enumerate(readings):
        store.write(each, offset)
    known: dict[str, CarriedState] = {}
    for first, last in ((0, 20), (20, COUNT)):
        parts = [readings[first:last:2], readings[first + 1 : last : 2]]
        registers = [each for part in parts for each in affecting_registers(part, LIMITS["home-1"])]
        known = made(store, registers, known, last - 1)
    assert store.view == expected(readings)
    assert store.looked == 2


@pytest.mark.parametrize("batch", [1, 7])
def test_a_device_that_turns_into_another_kind_ends_in_the_energy_of_all(batch: int) -> None:
    as_meter = [
        reading(300 * n, device_kind="meter", import_total_wh=7_000.0 + 50 * n, ac_power_w=None) for n in range(30)
    ]
    readings = [*as_meter, *trace(register)[30:]]
    view = carried(readings, batch=batch).view
    assert view == expected(readings)
    assert {quantity for quantity, _ in view} >= {"import", "generation"}


@pytest.mark.parametrize("batch", [1, 7])
def test_consumption_goes_where_an_export_begins_that_nobody_is_known_to_give(batch: int) -> None:
    exported = [9_000.0 + 20 * max(0, n - 20) for n in range(75)]
    readings = [
        reading(60 * n, device_kind="meter", import_total_wh=7_000.0, export_total_wh=wh)
        for n, wh in enumerate(exported)
    ]
    view = carried(readings, batch=batch).view
    assert view == expected(readings)
    at = {start for quantity, start in view if quantity == "consumption"}
    assert NOON in at
    assert NOON + timedelta(minutes=15) not in at


def test_a_reading_that_comes_late_is_made_from_what_is_stored() -> None:
    readings = trace(register)
    late = [*readings[:30], *readings[31:], readings[30]]
    store = carried(late)
    assert store.view == expected(readings)
    assert store.looked == 2


_registers = st.sampled_from(
    [register, lambda n: register(n) + 40, lambda _: 0.0, lambda n: register(n // 4 * 4), lambda n: 100.0 * n]
)
_readings = st.builds(
    lambda n, of, power: reading(300 * n, energy_total_wh=of(n), **power),
    st.integers(0, 30),
    _registers,
    st.sampled_from([{"ac_power_w": 1200.0}, {"ac_power_w": 0.0}, {}]),
)


@settings(max_examples=250, deadline=None)
@given(st.lists(_readings, min_size=1, max_size=8), st.integers(0, 8), st.integers(1, 4), st.data())
def test_any_order_and_repetition_ends_in_the_energy_of_all(
    readings: list[dict[str, Any]], ahead: int, batch: int, data: st.DataObject
) -> None:
    came = data.draw(st.permutations([*readings, *data.draw(st.lists(st.sampled_from(readings), max_size=3))]))
    assert carried(came, ahead, batch).view == expected(readings)


_seconds = st.sampled_from([60, 300, 899, 900, 901, 1700, 4000])
_shares = st.sampled_from([0.5, 1.0, 1.4])
_rises = st.sampled_from([0.0, 0.0, 7.0, 40.0, 300.0])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(_seconds, _shares, _rises), max_size=25), st.booleans(), st.integers(0, 10), st.integers(1, 6)
)
def test_readings_in_order_end_in_the_energy_of_all(
    steps: list[tuple[int, float, float]], powered: bool, ahead: int, batch: int
) -> None:
    second, wh, readings = 0, 50_000.0, []
    for seconds, share, rise in steps:
        second, wh = second + seconds, wh + (round(share * seconds / 3) if powered else rise)
        power: dict[str, Any] = {"ac_power_w": 1200.0} if powered else {}
        readings.append(reading(second, energy_total_wh=wh, **power))
    assert carried(readings, ahead, batch).view == expected(readings)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([60] * 6 + [70, 120, 180, 480, 1140]), max_size=50), st.integers(1, 9))
def test_holes_in_a_steady_run_are_carried_on(steps: list[int], batch: int) -> None:
    seconds = [*accumulate(steps, initial=0)]
    readings = [reading(second, energy_total_wh=50_000.0 + second, ac_power_w=3600.0) for second in seconds]
    store = carried(readings, batch=batch)
    assert store.view == expected(readings)
    assert store.looked == 1


def test_a_hole_longer_than_a_day_is_left_to_the_night_and_never_a_zero() -> None:
    before = [reading(60 * n, energy_total_wh=register(n)) for n in range(8)]
    after = [reading(90_000 + 420 + 60 * n, energy_total_wh=register(5_000 + n)) for n in range(8)]
    view = carried(before + after).view
    starts = sorted(start for _, start in view)
    assert starts == [NOON, NOON + timedelta(hours=25)]
    assert [round(view["generation", start].completeness, 3) for start in starts] == [round(7 / 15, 3)] * 2
    assert [view["generation", start].energy_wh for start in starts] == [700.0, 700.0]
