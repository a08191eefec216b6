"""A solar day whose energy is known, and what registers do to it. Shared by the tests and bench/counters.py."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

CAPACITY_W = 5000.0
MIDNIGHT = datetime(2026, 6, 1, tzinfo=timezone.utc)
RATES_S = (5, 60, 300, 900)
BASE_WH = 5_000_000
UINT32 = 2**32 - 1

Sample = tuple[datetime, float | None, float | None]


class Case(NamedTuple):
    """Samples as a faulty register gives them and the true energy (Wh) between the first and the last."""

    samples: list[Sample]
    true_wh: float


def power_w(seconds: float) -> float:
    """Power of a bright day with passing clouds, ``seconds`` after midnight; the next days are alike."""
    hour = seconds / 3600 % 24
    if not 6 <= hour <= 20:
        return 0.0
    return 4500 * math.sin(math.pi * (hour - 6) / 14) ** 2 * (1 + 0.1 * math.sin(hour * 9))


@lru_cache(maxsize=8)
def _counted(days: int) -> list[float]:
    """Energy (Wh) up to every fifth second, by the trapezoid rule."""
    total, energies = 0.0, [0.0]
    for second in range(0, days * 86_400, 5):
        total += (power_w(second) + power_w(second + 5)) / 2 * 5 / 3600
        energies.append(total)
    return energies


@lru_cache(maxsize=16)
def clean(rate_s: int, first_h: float = 5, last_h: float = 21, days: int = 1) -> tuple[Sample, ...]:
    """The register in whole Wh and the power in W, every ``rate_s`` seconds."""
    energies = _counted(days)
    return tuple(
        (MIDNIGHT + timedelta(seconds=s), BASE_WH + float(int(energies[s // 5])), power_w(s))
        for s in range(round(first_h * 3600), round(last_h * 3600) + 1, rate_s)
    )


def _register(case: Callable[[list[float], int, int], list[float | None]]) -> Callable[[int], Case]:
    """A shape that changes the register alone; it is told where 11:00 and 13:00 are."""

    def shape(rate_s: int) -> Case:
        samples = clean(rate_s)
        registers = [wh for _, wh, _ in samples if wh is not None]
        eleven, thirteen = 6 * 3600 // rate_s, 8 * 3600 // rate_s
        changed = case(list(registers), eleven, thirteen)
        return Case(
            [(time, wh, w) for (time, _, w), wh in zip(samples, changed, strict=True)], registers[-1] - registers[0]
        )

    return shape


def _jitter(wh: list[float], eleven: int, thirteen: int) -> list[float | None]:
    return [value - 1 if 0 < n < len(wh) - 1 and n % 7 == 3 else value for n, value in enumerate(wh)]


def _zero_moment(wh: list[float], eleven: int, thirteen: int) -> list[float | None]:
    return [0.0 if n in (eleven, thirteen, thirteen + 1) else value for n, value in enumerate(wh)]


def _sentinel_moment(wh: list[float], eleven: int, thirteen: int) -> list[float | None]:
    return [float(UINT32) if n in (eleven, thirteen, thirteen + 1) else value for n, value in enumerate(wh)]


def _reset(wh: list[float], eleven: int, thirteen: int) -> list[float | None]:
    return [value if n <= eleven else value - wh[eleven] for n, value in enumerate(wh)]


def _wrap_16(wh: list[float], eleven: int, thirteen: int) -> list[float | None]:
    # The 16-bit register is at 65,500 counts of 1 Wh at eleven.
    return [(value - wh[eleven] + 65_500) % 2**16 for value in wh]


def _wrap_16_scaled(wh: list[float], eleven: int, thirteen: int) -> list[float | None]:
    counts = [int(value - wh[eleven] + 655_000) // 10 % 2**16 * 10.0 for value in wh]
    return [*counts]


def _wrap_32(wh: list[float], eleven: int, thirteen: int) -> list[float | None]:
    return [(value - wh[eleven] + 2**32 - 20) % 2**32 for value in wh]


def _stuck_then_caught_up(wh: list[float], eleven: int, thirteen: int) -> list[float | None]:
    return [wh[eleven] if eleven <= n <= thirteen else value for n, value in enumerate(wh)]


def _absent(wh: list[float], eleven: int, thirteen: int) -> list[float | None]:
    return [None if eleven < n < thirteen else value for n, value in enumerate(wh)]


def _dusk_zero(rate_s: int) -> Case:
    """From dusk to dawn 0; from 22:00 to 4:00 the inverter does not answer at all."""
    kept: list[Sample] = []
    samples = clean(rate_s, 12, 36, days=2)
    for time, wh, w in samples:
        hour = time.hour + time.minute / 60
        if hour >= 22 or hour < 4:
            continue
        kept.append((time, 0.0 if hour >= 20.5 or hour < 5.5 else wh, w))
    return Case(kept, (samples[-1][1] or 0) - (samples[0][1] or 0))


def _day_counter(rate_s: int) -> Case:
    """Counts from 0 every day; the device's midnight is 22:00 UTC."""
    samples = clean(rate_s, 12, 36, days=2)
    at_midnight = next(wh or 0 for time, wh, _ in samples if time.hour == 22)
    changed = [
        (time, (wh or 0) - (at_midnight if time >= MIDNIGHT + timedelta(hours=22) else BASE_WH), w)
        for time, wh, w in samples
    ]
    return Case([*changed], (samples[-1][1] or 0) - (samples[0][1] or 0))


def _gap(rate_s: int) -> Case:
    samples = clean(rate_s)
    kept = [s for s in samples if not 11 * 60 < s[0].hour * 60 + s[0].minute < 14 * 60]
    return Case(kept, (samples[-1][1] or 0) - (samples[0][1] or 0))


def _repeated_and_shuffled(rate_s: int) -> Case:
    samples = clean(rate_s)
    shuffled = sorted(
        [*samples, *samples[::3]], key=lambda sample: hash((sample[0].minute, sample[0].second, sample[1]))
    )
    return Case(shuffled, (samples[-1][1] or 0) - (samples[0][1] or 0))


def _off_the_quarter(rate_s: int) -> Case:
    samples = [(time + timedelta(seconds=137), wh, w) for time, wh, w in clean(rate_s)]
    return Case([*samples], (samples[-1][1] or 0) - (samples[0][1] or 0))


RECOVERABLE: dict[str, Callable[[int], Case]] = {
    "clean": _register(lambda wh, eleven, thirteen: [*wh]),
    "repeated and shuffled": _repeated_and_shuffled,
    "off the quarter-hour": _off_the_quarter,
    "one count backwards": _register(_jitter),
    "zero for a moment": _register(_zero_moment),
    "sentinel for a moment": _register(_sentinel_moment),
    "zero from dusk to dawn": _dusk_zero,
    "16-bit wrap": _register(_wrap_16),
    "16-bit wrap, 10 Wh a count": _register(_wrap_16_scaled),
    "32-bit wrap": _register(_wrap_32),
    "reset to zero": _register(_reset),
    "day counter": _day_counter,
    "stuck, then caught up": _register(_stuck_then_caught_up),
    "register absent for 2 h": _register(_absent),
    "no sample for 3 h": _gap,
}
"""Shapes from which every Wh can be had back."""


def _replaced_lower(wh: list[float], eleven: int, thirteen: int) -> list[float | None]:
    return [value if n <= eleven else value - wh[eleven] + 812_345 for n, value in enumerate(wh)]


def _replaced_higher(wh: list[float], eleven: int, thirteen: int) -> list[float | None]:
    return [value if n <= eleven else value + 3_000_123 for n, value in enumerate(wh)]


def _reset_between(wh: list[float], eleven: int, thirteen: int) -> list[float | None]:
    middle = wh[eleven] + int((wh[eleven + 1] - wh[eleven]) * 0.6)
    return [value if n <= eleven else value - middle for n, value in enumerate(wh)]


def _stuck_and_lost(wh: list[float], eleven: int, thirteen: int) -> list[float | None]:
    lost = wh[thirteen] - wh[eleven]
    return [value if n <= eleven else (wh[eleven] if n <= thirteen else value - lost) for n, value in enumerate(wh)]


LOST: dict[str, tuple[Callable[[int], Case], str]] = {
    "replaced by a lower one": (_register(_replaced_lower), "replaced"),
    "replaced by a higher one": (_register(_replaced_higher), "jump"),
    "reset between two samples": (_register(_reset_between), "reset"),
    "stuck for good, then counting on": (_register(_stuck_and_lost), "stuck"),
}
"""Shapes in which the register alone no longer tells everything, and the cause that is given."""
