"""Erroneous records: JSON of the right form whose values are absurd, one here and there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from energy.records import REGISTERS
from ingest.simulator.truth.faults.fault import Circumstances
from ingest.simulator.truth.true_time import HEARD_AT, Readings

ONE_IN = 3
"""Readings for each that is absurd; the first of a stretch always is."""
Record = Mapping[str, Any]
Absurd = Callable[[Record], dict[str, Any]]


def _all(ends: str, value: Any) -> Absurd:
    """A fault that puts ``value`` into each field whose name ends so."""
    return lambda reading: {name: value for name in reading if name.endswith(ends)}


def _dated(time: str) -> Absurd:
    return lambda _: {"time": time}


ABSURD: Sequence[Absurd] = (
    _all("_total_wh", 9e14),
    _all("_total_wh", 2_147_483_647.0),
    _all("_total_wh", -1.0),
    _all("_total_wh", "ERROR"),
    _all("_total_wh", None),
    lambda reading: {name: 10 * reading[name] for name in REGISTERS if name in reading},
    lambda reading: {name: reading[name] // 10 for name in REGISTERS if name in reading},
    _all("power_w", 2_147_483_647.0),
    _all("power_w", -32_768.0),
    lambda reading: {name: 4_294_967_295.0 for name in reading if name.endswith(("_total_wh", "power_w"))},
    lambda _: {"voltage_v": 1e9, "frequency_hz": -1.0, "module_temperature_c": 3_276.7},
    lambda _: {"device_kind": "toaster"},
    _dated("1970-01-01T00:00:00Z"),
    _dated("2106-02-07T06:28:15Z"),
    _dated("yesterday"),
)
"""Values that stand in a record instead."""


def absurd(readings: Readings, stretch: range, of: Circumstances) -> Readings:
    """Records some of which say what can't be."""
    for number in stretch:
        if number == stretch.start or of.chance.random() * ONE_IN < 1:
            own = readings[number]
            readings[number] = {**own, HEARD_AT: own["time"], **of.chance.choice(ABSURD)(own)}
    return readings
