"""A pump above a household's connection that runs for a few readings, beside a fault of its meter's register."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from energy.registers.counters import ANY_HOLE, portions

START = datetime(2026, 6, 1, tzinfo=timezone.utc)
REST_W, PUMP_W = 800.0, 15_800.0
FAULT, LASTS = 10, 3
BASE_WH = 31_965.0

FAULTS: dict[str, Callable[[float], float]] = {
    "zeros": lambda _: 0.0,
    "kWh for Wh": lambda wh: wh / 1000,
    "marker": lambda _: 4_294_967_295.0,
    "none": lambda wh: wh,
}


def _site(minutes: int, starts: int, runs: int) -> tuple[list[float], list[float]]:
    """Registers (Wh) and powers (W) by sample; the pump starts at sample ``starts`` and runs for ``runs``."""
    powers = [PUMP_W + n % 3 if starts <= n < starts + runs else REST_W + n % 5 for n in range(40)]
    register = [BASE_WH]
    for w in powers[:-1]:
        register.append(register[-1] + w * minutes / 60)
    return [float(round(wh)) for wh in register], powers


@pytest.mark.parametrize("base", [0.0, -BASE_WH + 2_000.0])
@pytest.mark.parametrize("minutes", [5, 15, 20, 30])
@pytest.mark.parametrize("runs", [1, 2, 5])
@pytest.mark.parametrize("fault", FAULTS)
def test_bounds_hold_what_the_pump_took(fault: str, runs: int, minutes: int, base: float) -> None:
    for starts in (FAULT + LASTS - 1, FAULT + LASTS, FAULT + LASTS + 6):
        wh, powers = _site(minutes, starts, runs)
        shown = [value + base for value in wh]
        as_read = [FAULTS[fault](value) if FAULT <= n < FAULT + LASTS else value for n, value in enumerate(shown)]
        times = [START + timedelta(minutes=minutes * n) for n in range(len(wh))]
        found = portions(zip(times, as_read, powers, strict=True), None, ANY_HOLE).values()
        true = (wh[-1] - wh[0]) * 1000
        assert sum(portion.lower for portion in found) <= true <= sum(portion.upper for portion in found), starts


@pytest.mark.parametrize("minutes", [5, 15, 30])
@pytest.mark.parametrize("lasts", [4, 5, 6])
@pytest.mark.parametrize("fault", ["zeros", "kWh for Wh"])
def test_a_marker_whose_fall_is_far_lends_no_pace(fault: str, lasts: int, minutes: int) -> None:
    end = FAULT + lasts
    wh, powers = _site(minutes, end - 2, 2)
    times = [START + timedelta(minutes=minutes * n) for n in range(len(wh))]
    true = (wh[-1] - wh[0]) * 1000
    for apart in range(1, 10):
        as_read = [
            FAULTS[fault](value)
            if FAULT <= n < end
            else 4_294_967_295.0
            if end + apart <= n < end + apart + 6
            else value
            for n, value in enumerate(value + 12_000_000 for value in wh)
        ]
        found = portions(zip(times, as_read, powers, strict=True), None, ANY_HOLE).values()
        assert sum(portion.lower for portion in found) <= true <= sum(portion.upper for portion in found), apart
        assert sum(portion.mwh for portion in found) <= 2 * true
