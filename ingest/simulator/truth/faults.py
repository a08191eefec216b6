"""Faults of devices and of the way, put into readings by a seed; what is true stays what it was.

Each takes a device's readings, a stretch of them and chance, and gives what is heard instead.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ingest.simulator.truth.devices import Readings

REGISTERS = ("energy_total_wh", "import_total_wh", "export_total_wh")
MARKER_WH = 4_294_967_295.0
LONGEST = 40
"""Readings that a fault lasts at most."""
Fault = Callable[[Readings, range, random.Random], Readings]


class Injected(NamedTuple):
    """A fault that was put in: its kind, the device, and its first and last reading's time."""

    kind: str
    device_id: str
    first: str
    last: str


def _registers(change: Callable[[float], float]) -> Fault:
    def fault(readings: Readings, stretch: range, _chance: random.Random) -> Readings:
        for number in stretch:
            own = readings[number]
            readings[number] = own | {name: change(own[name]) for name in REGISTERS if name in own}
        return readings

    return fault


def _lost(readings: Readings, stretch: range, _chance: random.Random) -> Readings:
    return readings[: stretch.start] + readings[stretch.stop :]


def _repeated(readings: Readings, stretch: range, chance: random.Random) -> Readings:
    again = [readings[number] for number in stretch for _ in range(chance.randint(1, 3))]
    return readings[: stretch.stop] + again + readings[stretch.stop :]


def _shuffled(readings: Readings, stretch: range, chance: random.Random) -> Readings:
    own = readings[stretch.start : stretch.stop]
    chance.shuffle(own)
    return readings[: stretch.start] + own + readings[stretch.stop :]


def _reset(readings: Readings, stretch: range, _chance: random.Random) -> Readings:
    begin = readings[stretch.start]
    for number in range(stretch.start, len(readings)):
        own = readings[number]
        readings[number] = own | {name: own[name] - begin[name] for name in REGISTERS if name in own}
    return readings


def _stuck(readings: Readings, stretch: range, _chance: random.Random) -> Readings:
    begin = readings[stretch.start]
    for number in stretch:
        readings[number] = readings[number] | {name: begin[name] for name in REGISTERS if name in begin}
    return readings


def _frozen(readings: Readings, stretch: range, _chance: random.Random) -> Readings:
    for number in stretch:
        readings[number] = readings[stretch.start] | {"time": readings[number]["time"]}
    return readings


KINDS: Mapping[str, Fault] = {
    "lost": _lost,
    "repeated": _repeated,
    "out of order": _shuffled,
    "reset": _reset,
    "marker": _registers(lambda _: MARKER_WH),
    "zeros": _registers(lambda _: 0.0),
    "kWh for Wh": _registers(lambda wh: wh / 1000),
    "stuck": _stuck,
    "frozen": _frozen,
}


def inject(by_device: dict[str, Readings], kinds: list[str], seed: str) -> tuple[dict[str, Readings], list[Injected]]:
    """What is heard of the devices with one fault of each of ``kinds``, and where each was put."""
    chance, injected = random.Random(seed), []  # noqa: S311  no secret
    heard = {name: list(readings) for name, readings in by_device.items()}
    for kind in kinds:
        name = chance.choice(sorted(heard))
        own = heard[name]
        length = chance.randint(1, min(LONGEST, len(own) // 4))
        begin = chance.randrange(len(own) // 4, len(own) - length - 1)
        first, last = own[begin], own[begin + length - 1]
        injected.append(Injected(kind, str(first["device_id"]), str(first["time"]), str(last["time"])))
        heard[name] = KINDS[kind](own, range(begin, begin + length), chance)
    return heard, injected
