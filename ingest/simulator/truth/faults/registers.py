"""Faults of a device's registers and of whoever reads them."""

from __future__ import annotations

from collections.abc import Callable

from energy.records import REGISTERS
from ingest.simulator.truth.faults.fault import Circumstances, Fault
from ingest.simulator.truth.true_time import Readings

MARKER_WH = 4_294_967_295.0


def changed(change: Callable[[float], float]) -> Fault:
    """The fault that shows each register's value by ``change``."""

    def fault(readings: Readings, stretch: range, _of: Circumstances) -> Readings:
        for number in stretch:
            own = readings[number]
            readings[number] = own | {name: change(own[name]) for name in REGISTERS if name in own}
        return readings

    return fault


def reset(readings: Readings, stretch: range, _of: Circumstances) -> Readings:
    """Registers that begin at 0 anew, for good."""
    begin = readings[stretch.start]
    for number in range(stretch.start, len(readings)):
        own = readings[number]
        readings[number] = own | {name: own[name] - begin[name] for name in REGISTERS if name in own}
    return readings


def stuck(readings: Readings, stretch: range, _of: Circumstances) -> Readings:
    """Registers that stand still."""
    begin = readings[stretch.start]
    for number in stretch:
        readings[number] = readings[number] | {name: begin[name] for name in REGISTERS if name in begin}
    return readings


def frozen(readings: Readings, stretch: range, _of: Circumstances) -> Readings:
    """All values repeated to the last digit."""
    for number in stretch:
        readings[number] = readings[stretch.start] | {"time": readings[number]["time"]}
    return readings
