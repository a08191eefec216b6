"""A battery that takes what is left over and gives what lacks, and what becomes of both where there is no grid."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Watts = npt.NDArray[np.int64]
EFFICIENCY = 0.95
"""The efficiency of charging, and of discharging."""
HOURS_TO_FILL = 2.5
"""Hours that its greatest power takes to fill it."""
BEGINS_WITH = 0.5
"""The part of it that is full at the beginning."""


class Stored(NamedTuple):
    """Power (W) into the battery and out of it in each minute, and how full it is then (%)."""

    charge: Watts
    discharge: Watts
    soc_pct: npt.NDArray[np.float64]


def stored(left: Watts, capacity_kwh: float) -> Stored:
    """Flows of a battery of ``capacity_kwh`` with what is ``left`` of generation (W; negative: it lacks)."""
    most = round(capacity_kwh * 1000 / HOURS_TO_FILL)
    full = capacity_kwh * 60_000.0
    held = BEGINS_WITH * full
    charge, discharge, soc = np.zeros_like(left), np.zeros_like(left), np.empty(len(left))
    for minute, watts in enumerate(left.tolist()):
        if watts > 0:
            taken = min(watts, most, int((full - held) / EFFICIENCY))
            charge[minute] = taken
            held += taken * EFFICIENCY
        elif watts < 0:
            given = min(-watts, most, int(held * EFFICIENCY))
            discharge[minute] = given
            held -= given / EFFICIENCY
        soc[minute] = 100.0 * held / full
    return Stored(charge, discharge, soc)


def nothing(minutes: int) -> Stored:
    """No battery."""
    none = np.zeros(minutes, dtype=np.int64)
    return Stored(none, none, np.zeros(minutes))
