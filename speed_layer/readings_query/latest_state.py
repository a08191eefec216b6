"""The latest state of a device: of every field the value last measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from speed_layer.readings_query.duplicates import Device, Key


def latest(readings: Iterable[tuple[Key, Mapping[str, Any]]]) -> set[Key]:
    """The readings the state needs: those that are the last to state at least one field of their device.

    ``readings`` come newest first. Written with the event's time as write time, field by field, in any order, the
    needed ones leave in ``inverter_state`` what all readings together would.
    """
    stated: dict[Device, set[str]] = {}
    needed: set[Key] = set()
    for at, reading in readings:
        fields = stated.setdefault(at[:2], set())
        if not reading.keys() <= fields:
            fields.update(reading)
            needed.add(at)
    return needed
