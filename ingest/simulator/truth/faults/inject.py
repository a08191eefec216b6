"""Faults of devices and of the way, put into readings by a seed; what is true stays what it was.

Each takes a device's readings, a stretch of them and chance, and gives what is received instead.
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
SHARE = 20
"""A fault lasts at most this part of the readings."""
SETTLES = 12
"""Readings between two faults of a device at most; a quarter of such a part, so that there is room for all."""
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
    "stuck": _stuck,
    "reset": _reset,
    "kWh for Wh": _registers(lambda wh: wh / 1000),
    "zeros": _registers(lambda _: 0.0),
    "marker": _registers(lambda _: MARKER_WH),
    "frozen": _frozen,
    "lost": _lost,
    "repeated": _repeated,
    "out of order": _shuffled,
}
"""Those of the register, of its reader, then of the way: none of a device depends on what is lost or late."""


HARMLESS = frozenset({"repeated", "out of order"})
"""Faults that change nothing of what is known in the end: they fall on any other. The others keep apart."""


def inject(by_device: dict[str, Readings], kinds: list[str], seed: str) -> tuple[dict[str, Readings], list[Injected]]:
    """What is received of the devices with one fault of each of ``kinds``, and where each was put."""
    chance, injected = random.Random(seed), []  # noqa: S311  no secret
    received = {name: list(readings) for name, readings in by_device.items()}
    taken: dict[str, set[int]] = {name: set() for name in received}
    for kind in kinds:
        name, stretch, changed = _put(received, kind, taken, chance)
        first, last = received[name][stretch.start], received[name][stretch.stop - 1]
        injected.append(Injected(kind, str(first["device_id"]), str(first["time"]), str(last["time"])))
        received[name] = changed
        taken[name].update(stretch)
    return received, injected


def _put(
    received: dict[str, Readings], kind: str, taken: dict[str, set[int]], chance: random.Random
) -> tuple[str, range, Readings]:
    """A device, a stretch of its readings near which none is ``taken``, and what a fault there makes of them."""
    while True:
        name = chance.choice(sorted(received))
        count = len(received[name])
        length = chance.randint(2, max(2, min(LONGEST, count // SHARE)))
        begin = chance.randrange(count // 4, count - length - 1)
        apart = min(SETTLES, count // (4 * SHARE))
        near = range(begin - apart, begin + length + apart)
        if kind not in HARMLESS and not taken[name].isdisjoint(near):
            continue
        stretch = range(begin, begin + length)
        changed = KINDS[kind](list(received[name]), stretch, chance)
        # A register that is stuck at night stands as it would.
        if changed != received[name]:
            return name, stretch, changed
