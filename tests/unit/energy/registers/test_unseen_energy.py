"""Energy that a register did not show when it flowed: it is neither lost nor counted twice, and its bounds hold it."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.energy_row import QUARTER_US, to_us
from energy.registers.counters import ANY_HOLE, Portion, portions
from tests.support.registers.unseen import unseen

NOON = datetime(2026, 6, 10, 12, tzinfo=timezone.utc)
BASE_WH = 7_326_086.0
MARKER_WH = 4_294_967_295.0
EVERY = timedelta(minutes=5)
Samples = list[tuple[datetime, float, float]]


def sampled(watts: list[float]) -> Samples:
    """A register and its power every five minutes, each power lasting from its sample to the next."""
    wh, samples = BASE_WH, []
    for n, w in enumerate(watts):
        samples.append((NOON + n * EVERY, float(int(wh)), w))
        wh += w / 12
    return samples


def said(samples: Samples, capacity_w: float | None = 6_000.0) -> dict[int, Portion]:
    return portions(samples, capacity_w, ANY_HOLE)


def total(found: dict[int, Portion]) -> tuple[float, float, float]:
    """Energy, lower and upper bound in Wh."""
    of = found.values()
    return sum(p.mwh for p in of) / 1000, sum(p.lower for p in of) / 1000, sum(p.upper for p in of) / 1000


def rise(samples: Samples) -> float:
    return samples[-1][1] - samples[0][1]


@pytest.mark.parametrize("watts", [300.0, 1_500.0, 3_500.0])
@pytest.mark.parametrize("zeros", [4, 14, 30])
@pytest.mark.parametrize("marked", [0, 6, 18])
def test_zeros_under_power_are_not_nothing(watts: float, zeros: int, marked: int) -> None:
    true = sampled([watts + n % 7 for n in range(200)])
    as_read = list(true)
    for n in range(80, 80 + marked + zeros):
        as_read[n] = (as_read[n][0], MARKER_WH if n < 80 + marked else 0.0, true[n][2])
    energy, lower, upper = total(said(as_read))
    assert lower - 2 <= rise(true) <= upper + 2
    assert energy == pytest.approx(rise(true), rel=0.05)


@pytest.mark.parametrize("before", [0.0, 900.0])
@pytest.mark.parametrize("flowing", [2_000.0, 4_000.0])
@pytest.mark.parametrize("length", [12, 24])
def test_telemetry_that_froze_gives_what_the_register_brings_afterwards(
    before: float, flowing: float, length: int
) -> None:
    true = sampled([before] * 20 + [flowing] * 60)
    as_read = list(true)
    for n in range(20, 20 + length):  # it repeats the last reading before the sun came
        as_read[n] = (as_read[n][0], *as_read[19][1:])
    energy, lower, upper = total(said(as_read))
    assert lower - 2 <= rise(true) <= upper + 2
    assert energy == pytest.approx(rise(true), abs=before / 12 + 2)


@pytest.mark.parametrize("last_w", [0.0, 1.0, 40.0])
def test_telemetry_that_froze_in_the_night_gives_what_the_morning_brings(last_w: float) -> None:
    true = sampled([900.0] * 20 + [last_w] + [0.0] * 60 + [3_000.0] * 40)
    as_read = list(true)
    for n in range(81, 101):
        as_read[n] = (as_read[n][0], *as_read[80][1:])
    energy, lower, upper = total(said(as_read))
    assert lower - 2 <= rise(true) <= upper + 2
    assert energy == pytest.approx(rise(true), abs=2)


@pytest.mark.parametrize("rests", [1, 6])
def test_telemetry_that_froze_at_rest_is_not_counted_twice(rests: int) -> None:
    true = sampled([0.0] * (20 + rests) + [4_000.0, 2_500.0] * 20)
    as_read = list(true)
    begin = 20 + rests
    for n in range(begin, begin + 4):  # the power it shows is above what flows
        as_read[n] = (as_read[n][0], as_read[begin][1], 5_000.0)
    energy, lower, upper = total(said(as_read))
    assert lower - 2 <= rise(true) <= upper + 2
    assert energy == pytest.approx(rise(true), abs=2)


@pytest.mark.parametrize("between", [0.0, 900.0, 5_900.0])
@pytest.mark.parametrize("beside", [0.0, 700.0, 3_000.0])
def test_the_bounds_of_a_reset_hold_what_flowed_between_two_powers(beside: float, between: float) -> None:
    watts = [beside] * 40
    true = sampled(watts)
    lost = between / 12 - beside / 12
    as_read = true[:20] + [(time, wh - true[20][1], w) for time, wh, w in true[20:]]
    _, lower, upper = total(said(as_read))
    if beside:  # beside power that is nowhere, and a register at rest, nothing flows
        assert lower - 2 <= rise(true) + lost <= upper + 2


def test_a_reset_beside_flicker_is_not_at_rest() -> None:
    as_read = sampled([300.0, 0.0, 0.0] * 12)
    as_read = as_read[:20] + [(time, wh - as_read[20][1], w) for time, wh, w in as_read[20:]]
    _, lower, upper = total(said(as_read))
    assert upper - lower >= 6_000 / 12


@pytest.mark.parametrize("kind", [MARKER_WH, 0.0, BASE_WH / 1000])
@pytest.mark.parametrize("steps", [(500.0, 3_000.0), (100.0, 100.0, 4_500.0), (2_000.0,)])
def test_bounds_of_a_quarter_hour_hold_it_where_power_shares_a_step(kind: float, steps: tuple[float, ...]) -> None:
    true = sampled([steps[n % len(steps)] for n in range(60)])
    as_read = [(time, kind if 16 <= n < 26 else wh, w) for n, (time, wh, w) in enumerate(true)]
    found = said(as_read)
    assert sum(p.mwh for p in found.values()) == round(rise(true) * 1000)
    for n in range(0, 57, 3):
        portion = found[to_us(true[n][0]) // QUARTER_US * QUARTER_US]
        own = true[n + 3][1] - true[n][1]
        assert portion.lower / 1000 - 2 <= own <= portion.upper / 1000 + 2, (n, own, portion)


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=True))
def test_bounds_hold_what_flowed_while_a_fall_was_not_seen(chance: random.Random) -> None:
    of = unseen(chance)
    found = portions(of.samples, of.capacity_w, ANY_HOLE)
    _, lower, upper = total(found)
    assert lower - 2 <= of.true_wh
    if all(portion.covered == QUARTER_US for portion in list(found.values())[:-1]):
        assert of.true_wh <= upper + 2
    for period, true in of.quarters_wh.items():
        portion = found[period]
        if portion.covered == QUARTER_US:
            assert portion.lower / 1000 - 2 <= true <= portion.upper / 1000 + 2, portion


@pytest.mark.parametrize("lost", [1, 2, 5])
def test_a_reset_whose_first_readings_are_0_and_not_implemented_is_bounded_by_the_capacity(lost: int) -> None:
    watts = [2_000.0 if n % 3 else 6_000.0 for n in range(60)]
    true = sampled(watts)
    as_read: list[tuple[datetime, float | None, float]] = [*true]
    for n in range(20, 60):  # power is seen where little flows
        as_read[n] = (true[n][0], None if n < 20 + lost else true[n][1] - true[20][1], 2_000.0)
    energy, lower, upper = total(portions(as_read, 6_000.0, ANY_HOLE))
    assert lower - 2 <= rise(true) <= upper + 2
    assert upper <= energy + (lost + 1) * 6_000 * 1.5 / 12
