"""Powers that no plant has, and telemetry that repeats itself, make no energy."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy.registers.counters import ANY_HOLE, Portion, portions

START = datetime(2026, 6, 1, 6, tzinfo=timezone.utc)
Powers = list[float]


def integrated(powers: Powers, capacity_w: float | None, minutes: float = 5) -> list[Portion]:
    """The portions of power alone, sampled every so many ``minutes``."""
    samples = [(START + timedelta(minutes=minutes * n), None, w) for n, w in enumerate(powers)]
    return [*portions(samples, capacity_w).values()]


def total_wh(found: list[Portion]) -> float:
    return sum(p.mwh for p in found) / 1000


@pytest.mark.parametrize("markers", [1, 2])
@pytest.mark.parametrize("marker", [2_147_483_647.0, 4_294_967_295.0, 1_507_328.0, 65_535.0, 32_767.0])
@pytest.mark.parametrize(("usual_w", "capacity_w"), [(3000.0, 5000.0), (3000.0, None), (230.0, None), (0.0, None)])
@pytest.mark.parametrize("at", [0, 6, 11])
def test_an_absurd_power_is_not_integrated(
    marker: float, markers: int, usual_w: float, capacity_w: float | None, at: int
) -> None:
    powers = [usual_w] * 13
    powers[at : at + markers] = [marker] * markers
    found = integrated(powers, capacity_w)
    assert total_wh(found) <= usual_w * 1.001
    if at == 6:
        assert total_wh(found) == usual_w
        assert any("momentary" in p.cause for p in found)


@pytest.mark.parametrize("usual_w", [0.0, 230.0])
def test_markers_of_different_width_in_a_row_confirm_no_power(usual_w: float) -> None:
    powers = [usual_w] * 13
    powers[5:8] = [4_294_967_295.0, 2_147_483_647.0, 4_294_967_295.0]
    assert total_wh(integrated(powers, None)) == usual_w


def test_a_consumer_that_is_switched_on_is_believed() -> None:
    assert total_wh(integrated([200.0] * 6 + [7400.0] * 7, None)) == pytest.approx(
        200 * 5 / 12 + 7400 * 7 / 12, rel=0.1
    )
    factory = [1000.0] * 6 + [200_000.0 + n for n in range(7)]
    assert total_wh(integrated(factory, None)) > 100_000


def test_a_capacity_that_most_powers_exceed_is_not_believed() -> None:
    powers = [8000.0 + n for n in range(13)]
    assert total_wh(integrated(powers, 5000.0)) == pytest.approx(8006, rel=1e-3)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.floats(0, 1e10), min_size=2, max_size=40), st.sampled_from([1 / 12, 1, 5, 15, 60]))
def test_no_energy_above_the_capacity(powers: Powers, minutes: float) -> None:
    """Unless most samples say that the catalogue errs."""
    above = sum(w > 7500 for w in powers)
    found = integrated(powers, 5000.0, minutes)
    if above < 4 or 2 * above <= sum(round(w * 1000) > 0 for w in powers):
        assert total_wh(found) <= 7500 * minutes / 60 * (len(powers) - 1) + 1


def frozen(until_h: float, power_w: float, every_min: int = 5) -> list[tuple[datetime, float | None, float | None]]:
    """A register under power until 17:00; both repeat to the last digit until ``until_h``; then they go on."""
    chance = random.Random(1)
    wh = 1_000_000.0
    samples: list[tuple[datetime, float | None, float | None]] = []
    last: tuple[float, float] = (wh, power_w)
    for minute in range(15 * 60, round((until_h + 3) * 60) + 1, every_min):
        hour = minute / 60
        time = datetime(2026, 6, 1, tzinfo=timezone.utc) + timedelta(minutes=minute)
        if hour <= 17:
            last = wh, power_w if hour == 17 else power_w + chance.randrange(20)
            samples.append((time, *last))
            wh += power_w * every_min / 60
        elif hour < until_h:
            samples.append((time, *last))
        else:
            samples.append((time, wh, 300.0 + chance.randrange(9)))
            wh += 25.0
    return samples


@pytest.mark.parametrize("capacity_w", [None, 5000.0])
@pytest.mark.parametrize(("until_h", "power_w"), [(31, 1200.0), (17.6, 2731.0), (18.5, 2731.0), (24, 4000.0)])
def test_frozen_telemetry_makes_no_energy(until_h: float, power_w: float, capacity_w: float | None) -> None:
    samples = frozen(until_h, power_w)
    true = round(((samples[-1][1] or 0) - (samples[0][1] or 0)) * 1000)
    found = portions(samples, capacity_w, ANY_HOLE)
    assert sum(p.mwh for p in found.values()) == true
    assert sum(p.lower for p in found.values()) <= true <= sum(p.upper for p in found.values())
    assert any("stuck" in p.cause for p in found.values())


def test_telemetry_that_stays_frozen_covers_nothing() -> None:
    samples = [sample for sample in frozen(31, 1200.0) if sample[0] < datetime(2026, 6, 2, 5, tzinfo=timezone.utc)]
    found = portions(samples, 5000.0, ANY_HOLE)
    assert sum(p.mwh for p in found.values()) == pytest.approx(2_400_000, rel=0.05)
    assert max(found) < round(datetime(2026, 6, 1, 17, 15, tzinfo=timezone.utc).timestamp() * 1e6)


def test_a_stuck_register_under_living_power_is_integrated_still() -> None:
    samples = [(START + timedelta(minutes=5 * n), 1234.0, 1200.0 + n % 7) for n in range(25)]
    found = portions(samples)
    assert sum(p.mwh for p in found.values()) == pytest.approx(2_400_000, rel=0.01)
    assert {p.method for p in found.values()} == {"integrated"}
