"""Faults of the way from a device to Solera."""

from __future__ import annotations

from ingest.simulator.truth.faults.fault import Circumstances
from ingest.simulator.truth.true_time import Readings


def lost(readings: Readings, stretch: range, _of: Circumstances) -> Readings:
    """Readings that never arrive."""
    return readings[: stretch.start] + readings[stretch.stop :]


def repeated(readings: Readings, stretch: range, of: Circumstances) -> Readings:
    """Readings that are sent again, up to three times."""
    again = [readings[number] for number in stretch for _ in range(of.chance.randint(1, 3))]
    return readings[: stretch.stop] + again + readings[stretch.stop :]


def shuffled(readings: Readings, stretch: range, of: Circumstances) -> Readings:
    """Readings that overtake each other."""
    own = readings[stretch.start : stretch.stop]
    of.chance.shuffle(own)
    return readings[: stretch.start] + own + readings[stretch.stop :]
