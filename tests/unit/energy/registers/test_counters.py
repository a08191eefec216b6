"""Fault shapes x sampling rates, and the laws that hold for any samples."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from energy.energy_row import QUARTER_US, from_us, to_us
from energy.registers.counters import BRIDGE, Portion, portions
from energy.registers.full_path import portions_by_full_path
from tests.support.registers.shapes import (
    BASE_WH,
    CAPACITY_W,
    LOST,
    MIDNIGHT,
    RATES_S,
    RECOVERABLE,
    UINT32,
    Sample,
    clean,
)


def total_mwh(found: dict[int, Portion]) -> int:
    return sum(portion.mwh for portion in found.values())


@pytest.mark.parametrize("rate_s", RATES_S)
@pytest.mark.parametrize("shape", RECOVERABLE, ids=lambda shape: shape.replace(" ", "-"))
def test_every_wh_comes_back(shape: str, rate_s: int) -> None:
    case = RECOVERABLE[shape](rate_s)
    found = portions(case.samples, CAPACITY_W)
    assert total_mwh(found) == round(case.true_wh * 1000)
    assert all(portion.lower <= portion.mwh <= portion.upper for portion in found.values())
    assert all(0 < portion.covered <= QUARTER_US for portion in found.values())


@pytest.mark.parametrize("rate_s", RATES_S)
@pytest.mark.parametrize(
    "shape",
    [shape for shape in RECOVERABLE if shape != "stuck, then caught up"],
    ids=lambda shape: shape.replace(" ", "-"),
)
def test_every_wh_comes_back_without_power_and_capacity(shape: str, rate_s: int) -> None:
    case = RECOVERABLE[shape](rate_s)
    assert total_mwh(portions([(time, wh, None) for time, wh, _ in case.samples])) == round(case.true_wh * 1000)


@pytest.mark.parametrize("rate_s", RATES_S)
@pytest.mark.parametrize("shape", LOST, ids=lambda shape: shape.replace(" ", "-"))
@pytest.mark.parametrize("powered", [True, False], ids=["power", "no-power"])
def test_what_is_lost_is_bounded_and_named(shape: str, rate_s: int, powered: bool) -> None:
    make, cause = LOST[shape]
    case = make(rate_s)
    samples = [(time, wh, w if powered else None) for time, wh, w in case.samples]
    found = portions(samples, CAPACITY_W)
    true = round(case.true_wh * 1000)
    if powered:
        # A step or a standstill known by the trapezoid alone: within 0.1 % of the day.
        assert total_mwh(found) == pytest.approx(true, rel=1e-3)
    assert total_mwh(found) <= true * 1.001
    if cause == "stuck" and not powered:
        return  # nothing tells a register that stands still from a plant that does
    marked = [portion for portion in found.values() if cause in portion.cause]
    assert marked
    # One count of 1 Wh is what a register read in whole Wh can't tell.
    assert sum(p.lower for p in found.values()) - 1000 <= true <= sum(p.upper for p in found.values()) + 1000


def test_a_true_zero_is_measured_and_a_missing_one_is_absent() -> None:
    night = [(MIDNIGHT + timedelta(minutes=5 * n), 1000.0, None) for n in range(7)]
    found = portions(night)
    assert [(p.mwh, p.method, p.covered, p.upper) for p in found.values()] == [(0, "measured", QUARTER_US, 0)] * 2
    assert portions([(MIDNIGHT, 1000.0, None)]) == {}
    assert portions([]) == {}


def test_a_step_across_an_edge_is_shared_by_time_or_by_power() -> None:
    def sample(minute: int, wh: float, w: float | None) -> Sample:
        return MIDNIGHT + timedelta(minutes=minute), wh, w

    by_time = portions([sample(10, 0, None), sample(25, 300, None)])
    assert [p.mwh for _, p in sorted(by_time.items())] == [100_000, 200_000]
    by_power = portions([sample(5, 0, 0), sample(25, 200, 1200)])
    assert [p.mwh for _, p in sorted(by_power.items())] == [50_000, 150_000]


def test_steps_longer_than_the_bridge_are_not_shared() -> None:
    samples = [(MIDNIGHT, 0.0, None), (MIDNIGHT + BRIDGE + timedelta(seconds=1), 100.0, None)]
    assert portions(samples) == {}
    assert total_mwh(portions([samples[0], (MIDNIGHT + BRIDGE, 100.0, None)])) == 100_000


def test_whoever_has_the_whole_history_may_bridge_any_hole() -> None:
    samples = [(MIDNIGHT, 0.0, None), (MIDNIGHT + timedelta(days=9), 8640.0, None)]
    assert total_mwh(portions(samples, bridge=timedelta(days=40))) == 8_640_000


def test_nothing_counted_in_a_gap_is_a_true_zero() -> None:
    samples = [(MIDNIGHT, 10.0, None), (MIDNIGHT + timedelta(hours=9), 10.0, None)]
    assert {(p.mwh, p.method, p.cause, p.upper) for p in portions(samples).values()} == {(0, "measured", "", 0)}


def test_a_gap_is_spread_and_bounded_by_capacity() -> None:
    samples = [(MIDNIGHT, 0.0, None), (MIDNIGHT + timedelta(hours=2), 8000.0, None)]
    found = portions(samples, 4000.0)
    assert {(p.mwh, p.method, p.cause, p.upper) for p in found.values()} == {(1_000_000, "spread", "gap", 1_500_000)}
    assert sum(p.lower for p in found.values()) <= 8_000_000


def test_power_alone_is_integrated_over_the_real_intervals() -> None:
    samples: list[Sample] = [
        (MIDNIGHT + timedelta(minutes=m), None, w) for m, w in ((0, 0.0), (10, 600.0), (15, 600.0))
    ]
    (portion,) = portions(samples).values()
    assert (portion.mwh, portion.method, portion.lower, portion.upper) == (100_000, "integrated", 50_000, 150_000)
    far = [(MIDNIGHT, None, 600.0), (MIDNIGHT + timedelta(minutes=61), None, 600.0)]
    assert portions([*far]) == {}


def test_power_in_a_wrong_unit_is_not_believed() -> None:
    case = RECOVERABLE["stuck, then caught up"](60)
    tenfold = [(time, wh, (w or 0) * 10) for time, wh, w in case.samples]
    thousandth = [(time, wh, (w or 0) / 1000) for time, wh, w in case.samples]
    for samples in (tenfold, thousandth):
        assert total_mwh(portions([*samples])) == round(case.true_wh * 1000)


def test_a_capacity_that_most_of_the_day_exceeds_is_not_believed() -> None:
    samples = [(time, wh, None) for time, wh, _ in clean(300)]
    assert total_mwh(portions([*samples], capacity_w=50.0)) == total_mwh(portions([*samples]))


def test_negative_power_is_no_generation() -> None:
    samples: list[Sample] = [(MIDNIGHT + timedelta(minutes=m), None, -8.0) for m in range(16)]
    (portion,) = portions(samples).values()
    assert (portion.mwh, portion.method) == (0, "integrated")


SECONDS = (1, 5, 60, 300, 900, 1000, 4000, 90_000)
REGISTERS_WH = (0.0, 1.0, 7.5, 250.0, UINT32 * 1.0, 65_535.0, None, 260.0, 1000.0, 30_000.0, 400_000.0)
POWERS_W = (None, -10.0, 0.0, 3.5, 800.0, 4000.0, 20_000.0)
STEPS = st.lists(st.integers(0, len(SECONDS) * len(REGISTERS_WH) * len(POWERS_W) - 1), max_size=16)
"""Each number says how long after the one before a sample was taken, its register and its power."""


def _any_samples(steps: list[int]) -> list[Sample]:
    time, samples = MIDNIGHT, []
    for step in steps:
        rest, second = divmod(step, len(SECONDS))
        power, register = divmod(rest, len(REGISTERS_WH))
        time += timedelta(seconds=SECONDS[second])
        samples.append((time, REGISTERS_WH[register], POWERS_W[power]))
    return samples


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.integers(0, 2**32), st.sampled_from([None, 5000.0]))
def test_order_and_repetition_change_nothing(steps: list[int], seed: int, capacity: float | None) -> None:
    samples = _any_samples(steps)
    chance = random.Random(seed)
    shuffled = samples + chance.choices(samples, k=len(samples) // 2) if samples else []
    chance.shuffle(shuffled)
    assert portions(shuffled, capacity) == portions(samples, capacity)


@settings(max_examples=200, deadline=None)
@given(STEPS, st.sampled_from([None, 5000.0]))
@example([352, 400, 64], None)  # a missing register between two samples with the same power
def test_whatever_is_read_the_bounds_hold_the_value(steps: list[int], capacity: float | None) -> None:
    for period, portion in portions(_any_samples(steps), capacity).items():
        assert period % QUARTER_US == 0
        assert 0 <= portion.lower <= portion.mwh <= portion.upper
        assert 0 <= portion.covered <= QUARTER_US
        assert portion.cause or portion.method in ("measured", "integrated")


# 250 Wh between two readings a second apart are what the greatest connection of a household gives in a minute.
RISING = st.lists(
    st.tuples(st.integers(1, 1800), st.integers(0, 250), st.sampled_from([None, 1.0, 900.0])),
    min_size=2,
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(RISING)
@example([(900, 10, None)] * 5)
def test_quarter_hours_add_up_to_the_rise(steps: list[tuple[int, int, float | None]]) -> None:
    time, wh, samples = MIDNIGHT, float(BASE_WH), []
    for seconds, rise, w in steps:
        time, wh = time + timedelta(seconds=seconds), wh + rise
        samples.append((time, wh, None if w is None else w))
    without_power = [(time, wh, None) for time, wh, _ in samples]
    assert total_mwh(portions([*without_power])) == round((samples[-1][1] - samples[0][1]) * 1000)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([5, 60, 900, 901, 2000, 4000, 40_000, 90_000]), st.floats(0, 1)),
        min_size=2,
        max_size=30,
    ),
    st.booleans(),
)
def test_the_plain_way_and_the_thorough_way_agree(steps: list[tuple[int, float]], with_capacity: bool) -> None:
    time, mwh = to_us(MIDNIGHT), BASE_WH * 1000
    times, register, power = [time], [mwh], [2_000_000]
    for seconds, share in steps:
        time += seconds * 1_000_000
        mwh += round(share * 3_000_000 * seconds / 3600)
        times.append(time)
        register.append(mwh)
        power.append(round(share * 3_000_000))
    bridge_us = BRIDGE // timedelta(microseconds=1)
    thorough = portions_by_full_path(times, register, power, CAPACITY_W if with_capacity else None, bridge_us)
    rows = [(from_us(t), r / 1000, p / 1000) for t, r, p in zip(times, register, power, strict=True)]
    assert portions([*rows], CAPACITY_W if with_capacity else None) == thorough


@pytest.mark.parametrize("rate_s", [60, 300, 900])
@pytest.mark.parametrize(
    "shape", ["clean", "off the quarter-hour", "zero for a moment", "16-bit wrap", "reset to zero"]
)
def test_any_window_with_its_context_gives_the_same_values(shape: str, rate_s: int) -> None:
    samples = RECOVERABLE[shape](rate_s).samples
    whole = portions(samples, CAPACITY_W)
    for hour in range(8, 16):
        start = datetime(2026, 6, 1, hour, tzinfo=timezone.utc)
        end = start + timedelta(hours=1)
        before = [s for s in samples if s[0] < start][-8:]
        inside = [s for s in samples if start <= s[0] < end]
        after = [s for s in samples if s[0] >= end][:8]
        seen = portions(before + inside + after, CAPACITY_W)
        for period in range(to_us(start), to_us(end), QUARTER_US):
            assert seen.get(period) == whole.get(period)
