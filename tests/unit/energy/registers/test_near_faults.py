"""Faults that differ little from what a register counts: bounds hold the truth, and no value is invented."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from energy.registers.counters import ANY_HOLE, Portion, portions
from energy.registers.pace import MW_US

START = datetime(2026, 6, 1, 7, tzinfo=timezone.utc)
RATES_S = (60, 300, 900)
COUNT = 40
AT = 16
POWER_W = 360_000.0

Registers = list[float]


def _steady(rate_s: int, base_wh: float) -> Registers:
    return [base_wh + round(POWER_W * rate_s * n / 3600) for n in range(COUNT)]


def _energy(wh: Registers, rate_s: int) -> list[Portion]:
    samples = [(START + timedelta(seconds=rate_s * n), value, None) for n, value in enumerate(wh)]
    return list(portions(samples, None, ANY_HOLE).values())


def _loses_three_steps(wh: Registers, step: float) -> Registers:
    return [value - 3 * step if AT <= n < AT + 6 else value for n, value in enumerate(wh)]


def _marker_it_passes(wh: Registers, step: float) -> Registers:
    shift = 65_535.0 - wh[AT + 6]
    return [65_535.0 if AT <= n < AT + 6 else value + shift for n, value in enumerate(wh)]


def _first_reading_a_marker_near_it(wh: Registers, step: float) -> Registers:
    return [65_535.0, *(value - wh[0] + 65_535 + step for value in wh[1:])]


def _first_reading_0_near_it(wh: Registers, step: float) -> Registers:
    return [0.0, *(value - wh[0] + step for value in wh[1:])]


def _another_meter_then_reset(wh: Registers, step: float) -> Registers:
    changed = [value if n < AT else value + 30 * step for n, value in enumerate(wh)]
    return [value if n < AT + 15 else value - changed[AT + 15] + step / 2 for n, value in enumerate(changed)]


KINDS: dict[str, Callable[[Registers, float], Registers]] = {
    "a sum that loses a device no larger than three steps": _loses_three_steps,
    "a marker that the register passes": _marker_it_passes,
    "first reading a marker a step below": _first_reading_a_marker_near_it,
    "first reading 0, a step below": _first_reading_0_near_it,
    "another meter, then a reset": _another_meter_then_reset,
}


@pytest.mark.parametrize("rate_s", RATES_S)
@pytest.mark.parametrize("kind", KINDS)
def test_bounds_hold_the_truth_beside_a_fault_of_a_few_steps(kind: str, rate_s: int) -> None:
    step = POWER_W * rate_s / 3600
    # The meter that lost three steps shows more; the others are new.
    wh = _steady(rate_s, 30 * step)
    true_mwh = round((wh[-1] - wh[0]) * 1000)
    found = _energy(KINDS[kind](wh, step), rate_s)
    covered = sum(portion.covered for portion in found)
    unknown = (rate_s * (COUNT - 1) * 1_000_000 - covered) * round(POWER_W * 1000) // MW_US
    assert sum(portion.lower for portion in found) <= true_mwh + 4000, found
    assert sum(portion.upper for portion in found) + unknown >= true_mwh - 4000, found
    assert sum(portion.mwh for portion in found) <= 1.5 * true_mwh, found


@pytest.mark.parametrize("rate_s", RATES_S)
def test_a_fall_as_large_as_the_steps_near_it_leaves_them_their_pace(rate_s: int) -> None:
    step = POWER_W * rate_s / 3600
    wh = _steady(rate_s, 30 * step)
    found = _energy([value if n < AT else value - 2 * step for n, value in enumerate(wh)], rate_s)
    assert not any("jump" in portion.cause for portion in found)


@pytest.mark.parametrize("rate_s", [5, 10, 20])
def test_a_register_a_thousand_times_too_small_is_stuck_however_short_it_is(rate_s: int) -> None:
    wh = _steady(rate_s, 600_000)
    changed = [value / 1000 if AT <= n < AT + 6 else value for n, value in enumerate(wh)]
    samples = [(START + timedelta(seconds=rate_s * n), value, POWER_W) for n, value in enumerate(changed)]
    total = sum(portion.mwh for portion in portions(samples).values())
    assert total == pytest.approx((wh[-1] - wh[0]) * 1000, rel=0.02)


@pytest.mark.parametrize("marker", [None, 429_496_729_500.0])
@pytest.mark.parametrize("steps_below", [3, 8, 16])
@pytest.mark.parametrize(("power_w", "rate_s"), [(60_000, 60), (12_000, 300), (4_000, 900)])
def test_a_reset_some_steps_below_16_bits_is_no_wrap(
    power_w: int, rate_s: int, steps_below: int, marker: float | None
) -> None:
    step = power_w * rate_s / 3600
    high = 65_537 - steps_below * step
    wh = [high - step * (AT - 1 - n) if n < AT else 207 + step * (n - AT) for n in range(COUNT)]
    if marker is not None:
        wh[AT] = marker
    found = _energy(wh, rate_s)
    assert not any("wrap" in portion.cause for portion in found)
    true_mwh = round(step * (COUNT - 1) * 1000)
    assert sum(portion.lower for portion in found) <= true_mwh <= sum(portion.upper for portion in found)


@pytest.mark.parametrize("base_wh", [390_000.0, 4_000_000.0])
@pytest.mark.parametrize("times", [5, 1, 0.2])
@pytest.mark.parametrize("by", [10, 100, 1000])
@pytest.mark.parametrize("rate_s", [60, 300])
def test_lost_decimals_are_seen_though_the_pace_changes_meanwhile(
    rate_s: int, by: int, times: float, base_wh: float
) -> None:
    """80 kW, and several times that from near the end of the fault on."""
    step = 80_000 * rate_s / 3600
    wh = [base_wh]
    for n in range(1, COUNT):
        wh.append(round(wh[-1] + step * (1 if n < AT + 6 else times)))
    changed = [value / by if AT <= n < AT + 9 else value for n, value in enumerate(wh)]
    found = _energy(changed, rate_s)
    true_mwh = round((wh[-1] - wh[0]) * 1000)
    assert sum(portion.lower for portion in found) <= true_mwh <= sum(portion.upper for portion in found)
    assert sum(portion.mwh for portion in found) == pytest.approx(true_mwh, rel=0.001)


@pytest.mark.parametrize("capacity_w", [1_000_000.0, None])
def test_a_dip_is_over_although_an_absurd_value_stands_between(capacity_w: float | None) -> None:
    """A tenth, then a marker, then the register: it goes on for twelve hours as it had counted before."""
    wh = [14_000_000.0 + 6_000 * n for n in range(720)]
    said = [*wh[:20], wh[20] // 10, wh[21] // 10, 2_147_483_647.0, *wh[23:]]
    samples = [(START + timedelta(minutes=n), value, 360_000.0) for n, value in enumerate(said)]
    found = portions(samples, capacity_w, ANY_HOLE).values()
    assert sum(portion.mwh for portion in found) == round((wh[-1] - wh[0]) * 1000)
    assert sum(portion.lower for portion in found) <= round((wh[-1] - wh[0]) * 1000)


@pytest.mark.parametrize("by", [10, 100, 1000])
@pytest.mark.parametrize("marker", [None, 4_294_967_295.0])
def test_a_hole_at_dawn_has_the_pace_of_a_register_that_soon_loses_decimals(by: int, marker: float | None) -> None:
    """Read hourly: a night, five hours without a value, a reset, soon after it lost decimals, and zeros."""
    wh = [4_118_600.0] * 9 + [4_156_400.0, 0.0, 6_512.0, 15_914.0, 30_250.0, 32_694.0, 34_000.0, 0.0, 0.0, 34_500.0]
    hours = [*range(9), *range(13, 23)]
    said = {hour: value / by if hour in (17, 18) else value for hour, value in zip(hours, wh, strict=True)}
    if marker is not None:
        said |= {11: marker, 12: marker}
    samples = [(START + timedelta(hours=hour), value, None) for hour, value in said.items()]
    found = portions(samples, None, ANY_HOLE)
    hole = [found[period] for period in sorted(found)[4 * 8 : 4 * 13]]
    assert not any("jump" in portion.cause for portion in hole)
    assert all(portion.covered == 900_000_000 for portion in hole)
    assert sum(portion.mwh for portion in hole) == pytest.approx(37_800_000, abs=1_000)


@pytest.mark.parametrize("before", [60, 300])
def test_a_standstill_longer_than_all_that_is_known_beside_it_does_not_speak_against_power(before: int) -> None:
    """The register stands for 36 minutes under power, which it has agreed with, and goes on without what it missed."""
    still, after = 432, 5
    counted = [*range(before), *[before] * still, *range(before + 1, before + 1 + after)]
    samples = [
        (START + timedelta(seconds=5 * n), 5_000_000.0 + round(count / 0.6), 1200.0 + n % 7)
        for n, count in enumerate(counted)
    ]
    found = portions(samples).values()
    true = sum(w for *_, w in samples[1:]) * 5 / 3600
    assert sum(p.mwh for p in found) / 1000 == pytest.approx(true, rel=0.01)
    assert any(p.cause == "stuck" for p in found)
