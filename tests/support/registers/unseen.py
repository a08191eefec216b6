"""A register that begins anew or goes over its greatest number while some of its values are missing."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from itertools import accumulate
from typing import NamedTuple

from energy.energy_row import QUARTER_US, to_us
from tests.support.registers.shapes import Sample

START = datetime(2026, 6, 1, 21, tzinfo=timezone.utc)
COUNT = 40
PACES_S = (60, 300, 900, 3600)
CAPACITIES_W = (4_000.0, 60_000.0, None)
HOUSEHOLD_W = 12_000.0
MODULUS_WH = 2**32 * 0.1


class Unseen(NamedTuple):
    """Samples, the true energy (Wh) in all and by quarter-hour, and the greatest power the flow may have."""

    samples: list[Sample]
    true_wh: float
    quarters_wh: dict[int, float]
    capacity_w: float | None


def unseen(chance: random.Random) -> Unseen:
    """Minutes of sun and clouds, read at a pace; some values are missing before, at or after the fall."""
    pace_s, capacity_w = chance.choice(PACES_S), chance.choice(CAPACITIES_W)
    minutes = COUNT * pace_s // 60
    top = capacity_w or HOUSEHOLD_W
    powers = [top * chance.random() ** 2 for _ in range(minutes // chance.choice((1, 5, 30)) + 2)]
    lasts = -(-minutes // (len(powers) - 1))
    flow = [powers[n // lasts] for n in range(minutes + 1)]
    flowed = [0.0, *accumulate(w / 60 for w in flow)]
    at = [n * pace_s // 60 for n in range(COUNT)]
    wh: list[float | None] = [5_000_000.0 + int(flowed[minute]) for minute in at]
    fall = chance.randrange(14, 24)
    if chance.random() < 0.2:
        wh = [round((MODULUS_WH - flowed[at[fall]] + flowed[minute]) % MODULUS_WH, 1) for minute in at]
    else:
        begins = chance.randrange(at[fall - 1], at[fall] + 1)  # the new register's first minute
        wh[fall:] = [float(int(flowed[minute] - flowed[begins])) for minute in at[fall:]]
        wh = [value or None for value in wh]  # a 0 is not implemented
    first = fall - chance.randrange(5)
    for n in range(first, min(COUNT - 2, first + chance.randrange(9))):
        wh[n] = None
    samples = [(START + timedelta(minutes=minute), value, flow[minute]) for minute, value in zip(at, wh, strict=True)]
    quarters = {
        to_us(START) + n * QUARTER_US: flowed[15 * n + 15] - flowed[15 * n]
        for n in range((minutes - pace_s // 60) // 15)
    }
    return Unseen([*samples], flowed[at[-1]] - flowed[0], quarters, capacity_w)
