"""Accepted or duplicate: whether a reading adds to the stored one of its device and instant.

The store is asked only about instants it may hold: a reading newer than its device's latest state is new
without a look. Readings of one instant merge field by field, so that any order of arrival ends the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from energy.conflict import adds, merge

Device = tuple[str, str]
"""Installation and device: two installations may each call a device ``meter-1``."""
Key = tuple[str, str, datetime]
"""Installation, device and instant: the name of a reading."""

Position = tuple[int, int]
"""Kafka partition and offset of a message."""


class Stored(NamedTuple):
    """A reading as ``reading_by_day`` holds it, and the message that last changed it."""

    reading: Mapping[str, Any]
    position: Position


class Classified(NamedTuple):
    """The changes of a batch, one merged row a device and instant, and the counts of its readings."""

    rows: dict[Key, Stored]
    accepted: list[datetime]
    """The times of the accepted readings, one each."""
    duplicate: int


def key(reading: Mapping[str, Any]) -> Key:
    """The name of ``reading``."""
    return reading["installation_id"], reading["device_id"], reading["time"]


def may_be_stored(readings: Iterable[Mapping[str, Any]], newest: Mapping[Device, datetime]) -> set[Key]:
    """The instants the store must be asked about; ``newest`` is the time of each device's latest state."""
    return {
        (installation, device, time)
        for installation, device, time in map(key, readings)
        if (latest := newest.get((installation, device))) is not None and time <= latest
    }


def classify(taken: Iterable[tuple[Position, Mapping[str, Any]]], stored: Mapping[Key, Stored]) -> Classified:
    """Tell, in the order of the log, which readings are new or change a field, and which add nothing.

    A stored row that carries a message's own partition and offset was written by an earlier attempt at the
    same batch: the message is accepted again, so that a replay counts as the first time.
    """
    rows: dict[Key, Stored] = {}
    accepted: list[datetime] = []
    duplicate = 0
    for position, reading in taken:
        at = key(reading)
        known = rows.get(at) or stored.get(at)
        merged = reading
        if known is not None:
            is_replay = known.position == position
            if not is_replay and not adds(known.reading, reading):
                duplicate += 1
                continue
            merged = merge(known.reading, reading)
        rows[at] = Stored(merged, position)
        accepted.append(reading["time"])
    return Classified(rows, accepted, duplicate)
