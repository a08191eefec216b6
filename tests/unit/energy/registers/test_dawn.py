"""Registers and telemetry that stand still at rest and on after power has begun to flow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

import pytest

from energy.registers.counters import ANY_HOLE, Portion, portions
from energy.registers.standstill import STUCK_MWH

MIDNIGHT = datetime(2026, 6, 1, tzinfo=timezone.utc)
DAWN_S = 6 * 3600
NOON_S = 12 * 3600
RATES_S = (60, 300, 900, 1800)
BASE_WH = 123_456.0


class Reading(NamedTuple):
    """Seconds from midnight, register (Wh) and power (W), as they are or as they are heard."""

    second: int
    wh: float
    w: float


def _watts(second: int) -> float:
    """No power until dawn, then faster and faster: a trapezoid over it gives too much."""
    return max(0, second - DAWN_S) ** 2 / 2_500


def _true(rate_s: int) -> list[Reading]:
    return [
        Reading(at, BASE_WH + round(max(0, at - DAWN_S) ** 3 / 7_500 / 3600), round(_watts(at), 1))
        for at in range(0, NOON_S, rate_s)
    ]


def _energy(as_read: list[Reading], capacity_w: float | None) -> dict[int, Portion]:
    samples = [(MIDNIGHT + timedelta(seconds=at), wh, w) for at, wh, w in as_read]
    return portions(samples, capacity_w, ANY_HOLE)


def _catches_up(true: list[Reading], first: int, count: int) -> list[Reading]:
    return [each._replace(wh=BASE_WH) if n < first + count else each for n, each in enumerate(true)]


def _loses(true: list[Reading], first: int, count: int) -> list[Reading]:
    lost = true[first + count - 1].wh - BASE_WH
    return [each._replace(wh=max(BASE_WH, each.wh - lost)) for each in true]


def _silent_at_night(true: list[Reading], first: int, count: int) -> list[Reading]:
    return [each for each in _catches_up(true, first, count) if not 2 * 3600 <= each.second < 4 * 3600]


def _freezes(true: list[Reading], first: int, count: int) -> list[Reading]:
    return [each._replace(wh=BASE_WH, w=0.0) if n < first + count else each for n, each in enumerate(true)]


def _freezes_then_resets(true: list[Reading], first: int, count: int) -> list[Reading]:
    reset = min(len(true) - 1, first + count + 12)
    frozen = _freezes(true, first, count)
    return [*frozen[:reset], *(each._replace(wh=each.wh - frozen[reset].wh) for each in frozen[reset:])]


KINDS: dict[str, Callable[[list[Reading], int, int], list[Reading]]] = {
    "a register that catches up": _catches_up,
    "a register that never does": _loses,
    "one that catches up after a night with a hole": _silent_at_night,
    "telemetry that froze at night": _freezes,
    "telemetry that froze and a reset soon after": _freezes_then_resets,
}


@pytest.mark.parametrize("capacity_w", [None, 400_000.0])
@pytest.mark.parametrize("rate_s", RATES_S)
@pytest.mark.parametrize("kind", KINDS)
def test_bounds_hold_the_truth(kind: str, rate_s: int, capacity_w: float | None) -> None:
    true = _true(rate_s)
    first = next(n for n, each in enumerate(true) if each.wh > BASE_WH)
    for minutes in (1, 10, 30, 45, 60, 90, 120):
        count = 1 + -(-minutes * 60 // rate_s)
        found = _energy(KINDS[kind](true, first, count), capacity_w).values()
        rise = round((true[-1].wh - BASE_WH) * 1000)
        assert sum(portion.lower for portion in found) <= rise, minutes
        # A register that stands still under less is not noticed, and as much again may flow between two powers.
        assert sum(portion.upper for portion in found) >= rise - 2 * STUCK_MWH, minutes


@pytest.mark.parametrize("rate_s", RATES_S)
@pytest.mark.parametrize("kind", list(KINDS)[:3])
def test_a_register_at_rest_is_not_stuck(kind: str, rate_s: int) -> None:
    true = _true(rate_s)
    first = next(n for n, each in enumerate(true) if each.wh > BASE_WH)
    found = _energy(KINDS[kind](true, first, 3), None)
    dawn = int((MIDNIGHT + timedelta(seconds=DAWN_S - 1800)).timestamp() * 1e6)
    assert not {portion.cause for period, portion in found.items() if period < dawn} - {""}


def test_a_step_above_its_power_brings_what_was_withheld() -> None:
    """Two short bursts of power, of which a trapezoid gives twice as much."""
    powers = [0, 0, 0, 4158, 1765, 0, 0, 0, 0, 0]
    register = [BASE_WH] * 8 + [BASE_WH + 674] * 2
    as_read = [Reading(900 * n, wh, w) for n, (wh, w) in enumerate(zip(register, powers, strict=True))]
    found = _energy(as_read, None).values()
    assert sum(portion.mwh for portion in found) == 674_000
