"""Puts faults of devices and of the way into readings by a seed; what is true stays what it was."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import timezone, tzinfo

from energy.records import REGISTERS
from ingest.simulator.truth.faults import clocks, records, registers, way
from ingest.simulator.truth.faults.fault import Circumstances, Fault, Injected
from ingest.simulator.truth.true_time import Readings, heard_at
from store.instants import rfc3339

LONGEST = 40
"""Readings that a fault lasts at most."""
SHARE = 20
"""A fault lasts at most this part of the readings."""
SETTLES = 12
"""Readings between two faults of a device at most; a quarter of such a part, so that there is room for all."""
MOST_TRIES = 1_000
"""Places that are tried for a fault: one that is nowhere to be seen, as in a zone that is UTC, is not put in."""


KINDS: Mapping[str, Fault] = {
    "stuck": registers.stuck,
    "reset": registers.reset,
    "kWh for Wh": registers.changed(lambda wh: wh / 1000),
    "zeros": registers.changed(lambda _: 0.0),
    "marker": registers.changed(lambda _: registers.MARKER_WH),
    "frozen": registers.frozen,
    "jitter": clocks.jitter,
    "clock drift": clocks.drift,
    "wrong zone": clocks.wrong_zone,
    "erroneous": records.absurd,
    "lost": way.lost,
    "repeated": way.repeated,
    "out of order": way.shuffled,
}
"""Faults of the register, of its reader, of the clock, of the record, then of the way: none of a device depends on what
is lost or late."""
HARMLESS = frozenset({"repeated", "out of order"})
"""Faults that change nothing of what is known in the end: they fall on any other. The others keep apart."""


def inject(
    by_device: Mapping[str, Readings], kinds: Sequence[str], seed: str, zone: tzinfo = timezone.utc
) -> tuple[dict[str, Readings], list[Injected]]:
    """Readings that are received of the devices with one fault of each of ``kinds``, and where each was put.

    ``zone`` is that of the installation's clocks. What can't be seen anywhere is left out, and devices without a
    register are left alone.
    """
    of, injected = Circumstances(random.Random(seed), zone), []  # noqa: S311  no secret
    received = {name: list(readings) for name, readings in by_device.items()}
    counting = {name for name, own in received.items() if not REGISTERS.keys().isdisjoint(own[0])}
    taken: dict[str, set[int]] = {name: set() for name in sorted(counting)}
    for kind in kinds:
        found = _put(received, kind, taken, of)
        if found is not None:
            name, stretch, changed = found
            first, *_, last = received[name][stretch.start : stretch.stop]
            injected.append(Injected(kind, str(first["device_id"]), rfc3339(heard_at(first)), rfc3339(heard_at(last))))
            received[name] = changed
            taken[name].update(stretch)
    return received, injected


def _put(
    received: Mapping[str, Readings], kind: str, taken: Mapping[str, set[int]], of: Circumstances
) -> tuple[str, range, Readings] | None:
    """A device, a stretch of its readings near which none is ``taken``, and what a fault there makes of them."""
    for _ in range(MOST_TRIES):
        name = of.chance.choice(list(taken))
        count = len(received[name])
        length = of.chance.randint(2, max(2, min(LONGEST, count // SHARE)))
        begin = of.chance.randrange(count // 4, count - length - 1)
        apart = min(SETTLES, count // (4 * SHARE))
        near = range(begin - apart, begin + length + apart)
        if kind not in HARMLESS and not taken[name].isdisjoint(near):
            continue
        stretch = range(begin, begin + length)
        changed = KINDS[kind](list(received[name]), stretch, of)
        # A register that is stuck at night stands as it would.
        if changed != received[name]:
            return name, stretch, changed
    return None
