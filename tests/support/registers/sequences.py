"""Seeded sequences of a register and its power whose energy is known, with one or two faults in each."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import NamedTuple

from tests.support.registers.shapes import Sample

RATES_S = (5, 60, 300, 900, 3600, 86_400)
START = datetime(2026, 6, 1, 7, tzinfo=timezone.utc)
MARKERS_WH = (0.0, 65_535.0, 99_999_999.0, 2_147_483_647.0, 4_294_967_295.0, 429_496_729_500.0, 6553.5, 9e12)
MARKERS_W = (65_535.0, 32_767.0, 2_147_483_647.0, 4_294_967_295.0, 1_507_328.0)
SETTLES = 12
"""Samples before and after a fault in which nothing else happens."""
LONGEST = 10
"""Samples that a passing fault lasts at most."""


class Sequence(NamedTuple):
    """Samples, the true energy (Wh) between the first and the last, and how they came about."""

    samples: list[Sample]
    true_wh: float
    capacity_w: float | None
    count_wh: float
    greatest_w: float
    """The greatest power that truly flowed."""
    name: str


class Fault(NamedTuple):
    """What a fault has to change: registers (Wh), powers (W), where it begins and before which sample it ends."""

    wh: list[float]
    w: list[float]
    begin: int
    end: int
    chance: random.Random


def _marker(of: Fault) -> None:
    of.wh[of.begin : of.end] = [of.chance.choice(MARKERS_WH)] * (of.end - of.begin)


def _factor(factor: float) -> Callable[[Fault], None]:
    def change(of: Fault) -> None:
        for n in range(of.begin, of.end):
            of.wh[n] *= factor

    return change


def _beyond_steps(of: Fault) -> float:
    """What differs by less (Wh) than the steps may is taken for energy by anyone."""
    return 20 * max(after - before for before, after in pairwise(of.wh)) + 100_000


def _shift(of: Fault) -> None:
    """Another meter, from here on."""
    to = of.chance.uniform(0, 9) * 10 ** of.chance.randrange(3, 8)
    if abs(to - of.wh[of.begin]) < _beyond_steps(of):
        to = of.wh[of.begin] + _beyond_steps(of)
    offset = round(to) - of.wh[of.begin]
    of.wh[of.begin :] = [max(0.0, value + offset) for value in of.wh[of.begin :]]


def _reset(of: Fault) -> None:
    low = of.wh[of.begin] if of.chance.random() < 0.5 else of.wh[of.begin - 1]
    of.wh[of.begin :] = [value - low for value in of.wh[of.begin :]]


def _loses_a_device(of: Fault) -> None:
    share = of.chance.uniform(0.1, 0.9) * of.wh[of.begin - 1]
    for n in range(of.begin, of.end):
        of.wh[n] = round(of.wh[n] - share)


def _underflow(of: Fault) -> None:
    low = of.wh[of.begin]
    of.wh[of.begin :] = [429_496_729_500.0, *(value - low for value in of.wh[of.begin + 1 :])]


def _first(of: Fault) -> None:
    many = of.chance.randrange(1, 4)
    of.wh[:many] = [of.chance.choice(MARKERS_WH)] * many


def _stuck(of: Fault) -> None:
    of.wh[of.begin : of.end] = [of.wh[of.begin]] * (of.end - of.begin)


def _frozen(of: Fault) -> None:
    _stuck(of)
    of.w[of.begin : of.end] = [of.w[of.begin]] * (of.end - of.begin)


def _absurd_power(of: Fault) -> None:
    many = of.chance.randrange(1, 3)
    of.w[of.begin : of.begin + many] = [of.chance.choice(MARKERS_W)] * many


def _jitter(of: Fault) -> None:
    of.wh[of.begin] = max(0.0, of.wh[of.begin] - 1)


def _nothing(of: Fault) -> None:
    pass


FAULTS: dict[str, Callable[[Fault], None]] = {
    "none": _nothing,
    "marker": _marker,
    "tenth": _factor(0.1),
    "tenfold": _factor(10),
    "thousandth": _factor(0.001),
    "thousandfold": _factor(1000),
    "another meter": _shift,
    "reset": _reset,
    "loses a device": _loses_a_device,
    "underflow": _underflow,
    "first readings": _first,
    "stuck": _stuck,
    "frozen": _frozen,
    "absurd power": _absurd_power,
    "jitter": _jitter,
}


def sequence(seed: int) -> Sequence:
    """The sequence that ``seed`` names, for ever the same."""
    chance = random.Random(seed)
    rate_s = RATES_S[seed % len(RATES_S)]
    flow, powers = _flow(chance, rate_s, chance.randrange(3 * SETTLES, 6 * SETTLES))
    count = float(chance.choice((1, 1, 1, 10, 100)))
    base = round(chance.uniform(1, 10) * 10 ** chance.randrange(3, 8) / count) * count
    wh = [base + math.floor(energy / count) * count for energy in flow]
    w, names = list(powers), []
    # A second fault comes where the first has long gone.
    for first in (SETTLES, 4 * SETTLES) if len(wh) > 5 * SETTLES + LONGEST else (SETTLES,):
        name = chance.choice(list(FAULTS))
        begin = first + chance.randrange(4)
        FAULTS[name](Fault(wh, w, begin, begin + chance.randrange(1, LONGEST), chance))
        names.append(name)
    knows_power, greatest = chance.random() < 0.5, max(powers)
    samples: list[Sample] = [
        (START + timedelta(seconds=rate_s * n), value, power if knows_power else None)
        for n, (value, power) in enumerate(zip(wh, w, strict=True))
    ]
    capacity = greatest if chance.random() < 0.3 else None
    return Sequence(samples, flow[-1] - flow[0], capacity, count, greatest, f"{' and '.join(names)} every {rate_s} s")


def _flow(chance: random.Random, rate_s: int, count: int) -> tuple[list[float], list[float]]:
    """Energy (Wh) and power (W) at each sample of a load or a plant: steady, cloudy, or in blocks."""
    size = chance.choice((300.0, 800.0, 3000.0, 12_000.0, 400_000.0))
    kind = chance.randrange(3)
    powers, block = [], size
    for n in range(count):
        if kind == 2 and n % 5 == 0:
            block = size * chance.choice((0.2, 0.4, 1.0))
        powers.append(
            size * chance.uniform(0.95, 1.05)
            if kind == 0
            else size * (0.6 + 0.4 * math.sin(n / 7)) * chance.uniform(0.9, 1.0)
            if kind == 1
            else block * chance.uniform(0.98, 1.02)
        )
    energy = [0.0]
    for before, after in pairwise(powers):
        energy.append(energy[-1] + (before + after) / 2 * rate_s / 3600)
    return energy, powers
