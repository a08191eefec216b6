"""A register of known energy, sampled at any rate, and what faults make of it: a table of kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone

START = datetime(2026, 6, 1, 6, tzinfo=timezone.utc)
RATES_S = (5, 60, 300, 900, 3600, 86_400)
COUNT = 40
AT = 16
"""The sample at which a fault begins."""
PACE_W = 400.0
BASE_WH = 7_000_000.0

Registers = list[float | None]


def steady(rate_s: int, base_wh: float = BASE_WH) -> list[float]:
    """A register in whole Wh under a steady 400 W."""
    return [base_wh + int(PACE_W * rate_s * n / 3600) for n in range(COUNT)]


def times(rate_s: int) -> list[datetime]:
    """When the register is read."""
    return [START + timedelta(seconds=rate_s * n) for n in range(COUNT)]


def _while(change: Callable[[float], float], lasts: Callable[[int], int]) -> Callable[[list[float], int], Registers]:
    def fault(wh: list[float], rate_s: int) -> Registers:
        return [change(value) if AT <= n < AT + lasts(rate_s) else value for n, value in enumerate(wh)]

    return fault


def _from(change: Callable[[float], float]) -> Callable[[list[float], int], Registers]:
    return lambda wh, rate_s: [value if n < AT else change(value) for n, value in enumerate(wh)]


def _one(rate_s: int) -> int:
    return 1


def _some(rate_s: int) -> int:
    return 6


FAULTS: Mapping[str, Callable[[list[float], int], Registers]] = {
    "another meter, higher": _from(lambda wh: wh + 44_444_000),
    "another meter, lower": _from(lambda wh: wh - 3_333_000),
    "first reading 0": lambda wh, rate_s: [0.0, *wh[1:]],
    "first reading a marker": lambda wh, rate_s: [4_294_967_295.0, *wh[1:]],
    "zeros, then back": _while(lambda wh: 0.0, _some),
    "zeros from the first reading": lambda wh, rate_s: [0.0 if n < AT else value for n, value in enumerate(wh)],
    "a tenth once": _while(lambda wh: wh / 10, _one),
    "tenfold once": _while(lambda wh: wh * 10, _one),
    "a tenth for some": _while(lambda wh: float(int(wh / 10)), _some),
    "zero once": _while(lambda wh: 0.0, _one),
    "a marker once": _while(lambda wh: 99_999_999.0, _one),
    "a marker for some": _while(lambda wh: 99_999_999.0, _some),
    "65535 for some": _while(lambda wh: 65_535.0, _some),
    "2^32-1 tenths of a kWh for some": _while(lambda wh: 429_496_729_500.0, _some),
    "a sum that loses a device": _while(lambda wh: wh - 3_000_000, _some),
    "kWh written as Wh, then corrected": lambda wh, rate_s: [
        value / 1000 if n < AT else value for n, value in enumerate(wh)
    ],
    "underflow of a reset": lambda wh, rate_s: [
        value if n < AT else (429_496_729_500.0 if n == AT else value - wh[AT + 1]) for n, value in enumerate(wh)
    ],
    "beyond what a reading may state": _while(lambda wh: 9e12, _one),
}
"""By name what becomes of the register; the true energy is that of the unchanged one."""
