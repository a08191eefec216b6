"""A register read at a pace, with holes, whose energy is known in every quarter-hour."""

from __future__ import annotations

import random
from bisect import bisect_right
from datetime import datetime, timedelta, timezone
from itertools import accumulate, pairwise
from typing import NamedTuple

from energy.energy_row import QUARTER_US, to_us
from tests.support.registers.shapes import Sample

START = datetime(2026, 6, 1, 21, 45, tzinfo=timezone.utc)
PACES_S = (5, 60, 300, 900, 3600)
MINUTE_S = 60
SETTLES = 4
"""Readings between two holes, at least: where more are missing that is the pace."""
MOST_MW = 12_000_000


class Holed(NamedTuple):
    """Samples, their pace in seconds, and the true energy (mWh) by quarter-hour; those without a hole are whole."""

    samples: list[Sample]
    pace_s: int
    true_mwh: dict[int, int]
    whole: frozenset[int]
    capacity_w: float | None


def holed(chance: random.Random) -> Holed:
    """Readings on the full pace, from the first one on, with holes of one missing reading up to most of an hour."""
    pace_s = chance.choice(PACES_S)
    at = [0]
    for hole in range(chance.randrange(2, 6)):
        for _ in range(chance.randrange(SETTLES if hole else 0, 3 * SETTLES)):
            at.append(at[-1] + pace_s)
        # Within a minute a register is not read when it is counted.
        least, most = max(2, MINUTE_S // pace_s + 1), max(3, 50 * MINUTE_S // pace_s)
        at.append(at[-1] + pace_s * chance.randrange(least, most))
    at += [at[-1] + pace_s * n for n in range(1, 2 + 900 // pace_s)]
    energy = _Flow(chance, at[-1])
    begin = to_us(START)
    edges = range(-(-begin // QUARTER_US) * QUARTER_US, begin + at[-1] * 1_000_000 - QUARTER_US + 1, QUARTER_US)
    true = {
        edge: energy.upto((edge + QUARTER_US - begin) // 1_000_000) - energy.upto((edge - begin) // 1_000_000)
        for edge in edges
    }
    steps = [(begin + a * 1_000_000, begin + b * 1_000_000) for a, b in pairwise(at) if b - a > min(pace_s, 900)]
    guessed = {edge for a, b in steps for edge in edges if a < edge + QUARTER_US and edge < b}
    knows_power = chance.random() < 0.3
    samples: list[Sample] = [
        (START + timedelta(seconds=s), (10**9 + energy.upto(s)) / 1000, energy.power_w(s) if knows_power else None)
        for s in at
    ]
    return Holed(samples, pace_s, true, frozenset(edges) - guessed, MOST_MW / 1000 if chance.random() < 0.5 else None)


class _Flow:
    """Power in blocks of seconds to minutes, or steady: what has flowed up to any second, in mWh."""

    def __init__(self, chance: random.Random, until_s: int) -> None:
        self._begins, powers = [0], [chance.randrange(MOST_MW)]
        size = chance.choice((30, 300, 1200))
        while self._begins[-1] <= until_s:
            self._begins.append(self._begins[-1] + chance.randrange(1, size))
            powers.append(chance.randrange(MOST_MW))
        self._powers = powers
        spans = [b - a for a, b in pairwise(self._begins)]
        self._flowed = [0, *accumulate(span * power for span, power in zip(spans, powers, strict=False))]

    def upto(self, second: int) -> int:
        n = bisect_right(self._begins, second) - 1
        return (self._flowed[n] + (second - self._begins[n]) * self._powers[n]) // 3600

    def power_w(self, second: int) -> float:
        return self._powers[bisect_right(self._begins, second) - 1] / 1000
