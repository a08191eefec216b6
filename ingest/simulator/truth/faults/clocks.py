"""Faults of a device's clock: readings that are right, dated by a time that is not.

Each keeps its true time beside the one that the device says: by that it is refused if it lies ahead.
"""

from __future__ import annotations

from datetime import timedelta

from ingest.simulator.truth.faults.fault import Circumstances
from ingest.simulator.truth.true_time import HEARD_AT, Readings
from store.instants import instant_of, rfc3339

JITTER_S = 20.0
"""A time stamp trembles by so much at most, and by a third of the step between two."""
DRIFT_S = 300.0
"""A clock is off by so much at most when it is set right, and loses or gains less than a quarter of each step."""


def jitter(readings: Readings, stretch: range, of: Circumstances) -> Readings:
    """Time stamps that tremble."""
    most = min(JITTER_S, _step_s(readings, stretch) / 3)
    return _dated(readings, stretch, [of.chance.uniform(-most, most) for _ in stretch])


def drift(readings: Readings, stretch: range, of: Circumstances) -> Readings:
    """A clock that goes ever more wrong, until it is set right."""
    most = min(DRIFT_S, len(stretch) * _step_s(readings, stretch) / 4)
    off = of.chance.uniform(-most, most)
    return _dated(readings, stretch, [off * number / len(stretch) for number in range(1, len(stretch) + 1)])


def wrong_zone(readings: Readings, stretch: range, of: Circumstances) -> Readings:
    """Local time that is called UTC; nothing where it is."""
    local = [instant_of(readings[number]["time"]).astimezone(of.zone).utcoffset() for number in stretch]
    return _dated(readings, stretch, [(offset or timedelta(0)).total_seconds() for offset in local])


def _step_s(readings: Readings, stretch: range) -> float:
    before, first = readings[stretch.start - 1 : stretch.start + 1]
    return (instant_of(first["time"]) - instant_of(before["time"])).total_seconds()


def _dated(readings: Readings, stretch: range, off_s: list[float]) -> Readings:
    for number, off in zip(stretch, off_s, strict=True):
        own = readings[number]
        said = instant_of(own["time"]) + timedelta(milliseconds=round(off * 1000))
        if off:
            readings[number] = own | {"time": rfc3339(said), HEARD_AT: own["time"]}
    return readings
