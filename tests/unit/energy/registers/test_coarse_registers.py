"""Registers of coarse counts, registers that correct or contradict themselves, and registers that creep."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest

from energy.energy_row import QUARTER_US, to_us
from energy.registers.counters import ANY_HOLE, Portion, advanced_course, portions
from tests.support.registers.shapes import Sample

START = datetime(2026, 11, 24, 6, tzinfo=timezone.utc)


def every(seconds: int, wh: list[float], w: Sequence[float | None]) -> list[Sample]:
    return [
        (START + timedelta(seconds=seconds * n), register, power)
        for n, (register, power) in enumerate(zip(wh, w, strict=True))
    ]


def total(found: dict[int, Portion]) -> tuple[float, float, float]:
    """Lower bound, value and upper bound (Wh) of all quarter-hours."""
    values = found.values()
    return (
        sum(p.lower for p in values) / 1000,
        sum(p.mwh for p in values) / 1000,
        sum(p.upper for p in values) / 1000,
    )


@pytest.mark.parametrize(
    ("count", "power_w", "rate_s"),
    [
        (100.0, 600.0, 60),
        (100.0, 300.0, 300),
        (1000.0, 600.0, 300),
        (1000.0, 1700.0, 60),
        (1000.0, 900.0, 900),
        (1000.0, 4000.0, 300),
        (10_000.0, 600.0, 300),
        (10_000.0, 4000.0, 900),
        (10_000.0, 12_000.0, 60),
    ],
)
@pytest.mark.parametrize("living", [0.0, 0.3], ids=["steady", "living"])
def test_between_two_counts_power_shares_and_the_count_bounds(
    count: float, power_w: float, rate_s: int, living: float
) -> None:
    hours = 3.2 * max(1.0, count / power_w)
    powers = [power_w * (1 + living * math.sin(n * rate_s / 4000)) for n in range(int(hours * 3600 / rate_s))]
    energy = [0.0]
    for before, after in pairwise(powers):
        energy.append(energy[-1] + (before + after) / 2 * rate_s / 3600)
    wh = [(7_000_350 + each) // count * count for each in energy]
    found = portions(every(rate_s, wh, powers), None, ANY_HOLE)
    assert total(found)[1] == wh[-1] - wh[0]
    at = [to_us(START) + n * rate_s * 1_000_000 for n in range(len(wh))]
    first = next(n for n in range(1, len(wh)) if wh[n] != wh[n - 1])
    last = max(n for n in range(1, len(wh)) if wh[n] != wh[n - 1])
    for period, portion in found.items():
        inside = [each for each, time in zip(energy, at, strict=True) if period <= time <= period + QUARTER_US]
        if portion.covered < QUARTER_US:
            continue
        true = (inside[-1] - inside[0]) * 1000
        assert portion.lower - 1 <= true <= portion.upper + 1
        if at[first] < period and period + QUARTER_US < at[last - 1]:
            seen = power_w * rate_s / 3600 / count  # a count is seen up to a sample late
            assert portion.mwh == pytest.approx(true, rel=2.5 * seen + 0.05, abs=1)


@pytest.mark.parametrize("size", [30.0, 40.0, 90.0])
@pytest.mark.parametrize("powered", [True, False])
def test_small_corrections_are_within_the_bounds(size: float, powered: bool) -> None:
    registers: list[float] = []
    corrected = 0.0
    for n in range(67):
        corrected += size if n % 11 == 6 else 0
        registers.append((42_255_670 + 6 * n - corrected) // 10 * 10)
    samples = every(300, registers, [72.0 + n % 3 for n in range(67)])
    found = portions(samples if powered else [(time, wh, None) for time, wh, _ in samples], None, ANY_HOLE)
    rises = sum(max(0.0, b - a) for a, b in pairwise(registers))
    lower, value, upper = total(found)
    assert lower <= max(0.0, registers[-1] - registers[0])
    assert upper >= max(rises, 6 * 66)
    assert value <= max(rises, 73 * 5.5)
    assert any("correction" in p.cause for p in found.values())


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("size", [10.0, 20.0])
def test_noise_of_a_standing_register_is_no_energy(seed: int, size: float) -> None:
    chance = random.Random(seed)
    wh = [42_255_670 + chance.choice([-size, 0.0, size]) for _ in range(49)]
    lower, value, upper = total(portions(every(300, wh, [0.0] * 49), None, ANY_HOLE))
    assert (lower, value) == (0, 0)
    assert upper <= 49 * 4 * size


@pytest.mark.parametrize("rate_s", [60, 300, 900])
@pytest.mark.parametrize("factor", [0.001, 0.01])
@pytest.mark.parametrize("living", [0, 40])
def test_a_register_that_creeps_beside_its_power_is_not_measured(rate_s: int, factor: float, living: int) -> None:
    powers = [1000.0 + living * (n % 3 - 1) for n in range(5 * 3600 // rate_s + 1)]
    wh, registers = 1_234_567.0, []
    for n, power in enumerate(powers):
        registers.append(round(wh, 3))
        wh += power * rate_s / 3600 * (factor if 7200 <= n * rate_s < 10_800 else 1)
    found = portions(every(rate_s, [*registers], powers), None, ANY_HOLE)
    lower, value, upper = total(found)
    assert value == pytest.approx(5000, rel=0.02)
    assert lower <= 5000 * 1.001
    assert upper >= 5000 * 0.999 - 15
    slow = [portion for period, portion in found.items() if 7200 <= (period - to_us(START)) / 1e6 < 10_800]
    assert {portion.method for portion in slow} <= {"integrated", "estimated"}
    assert all("stuck" in portion.cause for portion in slow)


@pytest.mark.parametrize("rate_s", [60, 300, 900])
@pytest.mark.parametrize("count", [1000, 10_000])
@pytest.mark.parametrize("power_w", [90.0, 600.0, 4000.0, 12_000.0])
def test_a_register_of_whole_kwh_without_power_is_bounded_by_its_count(rate_s: int, count: int, power_w: float) -> None:
    energy = [power_w * rate_s * n / 3600 for n in range(48 * 3600 // rate_s)]
    wh = [(1_234_000 // count * count) + each // count * count for each in energy]
    found = portions(every(rate_s, [*wh], [None] * len(wh)), None, ANY_HOLE)
    assert total(found)[1] == wh[-1] - wh[0]
    if wh[-1] == wh[0]:
        return
    for portion in found.values():
        true = power_w * 1000 * portion.covered / 3.6e9
        assert portion.lower <= true <= portion.upper
        assert portion.upper - portion.lower <= 4 * count * 1000


@pytest.mark.parametrize("rate_s", [60, 300, 900])
def test_a_register_of_whole_wh_without_power_is_exact(rate_s: int) -> None:
    wh = [1_234_000.0 + n * rate_s // 60 for n in range(100)]
    found = portions(every(rate_s, [*wh], [None] * len(wh)), None, ANY_HOLE)
    assert all(portion.lower == portion.mwh == portion.upper for portion in found.values())


@pytest.mark.parametrize("rate_s", [5, 60, 300, 900])
@pytest.mark.parametrize("minutes", [30, 60, 120])
def test_of_a_register_that_shows_nothing_but_0_power_tells_the_energy(rate_s: int, minutes: int) -> None:
    count = minutes * 60 // rate_s + 1
    lower, wh, upper = total(portions(every(rate_s, [0.0] * count, [1200.0 + n % 3 for n in range(count)])))
    assert lower <= wh <= upper
    assert wh == pytest.approx(1200 * minutes / 60, rel=0.002)
    assert total(portions(every(rate_s, [0.0] * count, [0.0] * count))) == (0, 0, 0)


FAULTS: dict[str, Callable[[int, float], float]] = {
    "marker": lambda n, wh: 4_294_967_295.0 if n == 70 else wh,
    "tenth": lambda n, wh: wh / 10 if n == 70 else wh,
    "Wh written as kWh": lambda n, wh: wh / 1000 if n == 70 else wh,
    "odd first": lambda n, wh: 123.4 if n == 0 else wh,
    "another meter": lambda n, wh: wh if n < 70 else wh - 49_000_000 + 0.5 * (n >= 140),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("powered", [None, 0, 143])
def test_one_odd_value_does_not_make_whole_kwh_exact(fault: Callable[[int, float], float], powered: int | None) -> None:
    """600 W by a register of whole kWh every 5 minutes; of one sample power may be known as well."""
    wh = [fault(n, (50_000_000 + 50 * n) // 1000 * 1000.0) for n in range(144)]
    powers = [600.0 if n == powered else None for n in range(144)]

    found = portions(every(300, [*wh], powers), None, ANY_HOLE)

    whole = {period: of for period, of in found.items() if of.covered == QUARTER_US and not of.cause}
    assert len(whole) > 40
    assert all(of.lower <= 150_000 <= of.upper for of in whole.values())


def test_a_quick_look_finds_whole_kwh_wherever_they_stand() -> None:
    wh = [*((50_000_000 + 50 * n) // 1000 * 1000.0 for n in range(100)), 50_004_700.5]
    times = [to_us(START + timedelta(minutes=5 * n)) for n in range(101)]
    assert advanced_course(None, times, wh, [None] * 101, None) is None
    begun = advanced_course(None, times[:20], wh[:20], [None] * 20, None)
    assert begun is not None
    assert advanced_course(begun, times[20:], wh[20:], [None] * 81, None) is None


def test_a_reset_of_whole_kwh_is_bounded_by_their_count() -> None:
    wh = [(90_000_000 + 50 * n) // 1000 * 1000.0 for n in range(70)]
    wh += [50 * n // 1000 * 1000.0 for n in range(70)]

    found = portions(every(300, [*wh], [None] * 140), None, ANY_HOLE)

    assert all(of.lower <= 150_000 <= of.upper for of in found.values() if of.covered == QUARTER_US)


def test_whole_kwh_under_power_that_lapses_before_their_count_comes_are_bounded_by_it() -> None:
    """300 W, power known for the first hour alone, in which nothing is counted."""
    wh = [(90_000_000 + 25 * n) // 1000 * 1000.0 for n in range(100)]
    powers = [300.0 + n % 3 if n < 14 else None for n in range(100)]

    found = portions(every(300, [*wh], powers), None, ANY_HOLE)

    assert all(of.lower <= 75_600 <= of.upper for of in found.values() if of.covered == QUARTER_US)
