"""Faults of the panels themselves: they change what is truly generated, and no reading is wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from ingest.simulator.truth.faults.fault import Injected
from ingest.simulator.truth.flows import Watts
from store.instants import rfc3339

SHARE = (0.1, 0.25)
"""The part of a world that such a fault lasts, least and most: of a year it is months."""
SOILED = (0.05, 0.3)
"""The light that dirt takes in the end, least and most."""
Loss = Callable[[int, int, random.Random], npt.NDArray[np.float64]]
"""The share of each minute that is lost, by minutes, strings and chance."""


def _soiling(minutes: int, _strings: int, chance: random.Random) -> npt.NDArray[np.float64]:
    """Dirt that gathers until rain washes it away."""
    return np.linspace(0.0, chance.uniform(*SOILED), minutes)


def _dead_string(minutes: int, strings: int, _chance: random.Random) -> npt.NDArray[np.float64]:
    """One of the strings gives nothing until it is repaired."""
    return np.full(minutes, 1.0 / strings)


KINDS: Mapping[str, Loss] = {"soiling": _soiling, "dead string": _dead_string}


def ail(generation: Watts, start: datetime, device_id: str, strings: int, seed: str) -> tuple[Watts, list[Injected]]:
    """The ``generation`` (W, by the minute from ``start`` on) with each fault somewhere, and where and what it cost."""
    chance, left, injected = random.Random(seed), generation, []  # noqa: S311  no secret
    for kind, loss in KINDS.items():
        minutes = round(len(left) * chance.uniform(*SHARE))
        begin = _lit(left, chance.randrange(len(left) - minutes), minutes)
        taken = np.zeros(len(left))
        taken[begin : begin + minutes] = loss(minutes, strings, chance)
        lower: Watts = np.round(left * (1.0 - taken)).astype(np.int64)
        first, last = (start + timedelta(minutes=at) for at in (begin, begin + minutes - 1))
        lost_wh = round(float((left - lower).sum()) / 60, 1)
        injected.append(Injected(kind, device_id, rfc3339(first), rfc3339(last), lost_wh))
        left = lower
    return left, injected


def _lit(generation: Watts, begin: int, minutes: int) -> int:
    """``begin``, or, where the second half is mostly in the dark, where the panels' best minute is in the middle."""
    if 5 * generation[begin + minutes // 2 : begin + minutes].max() > generation.max():
        return begin
    return int(np.clip(int(generation.argmax()) - minutes // 2, 0, len(generation) - minutes))
