"""Retractions: messages that were received, and count no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from energy.topics import TopicName
from store.instants import utc, utc_or_none


class Retraction(NamedTuple):
    """Messages of an installation's topic that were received until ``retracted_at``. Times are UTC."""

    installation_id: str
    retracted_at: datetime
    topic: TopicName
    device_id: str | None
    """The device (of intervals the meter); None: all."""
    start: datetime
    until: datetime
    """Readings from ``start`` to before ``until``, and intervals that lie between them."""
    removed_at: datetime | None = None
    """The time when all that was stored of them had been removed; None while that is under way."""
    run_id: str | None = None
    """The published run that has totalled the days without them; None: the next one will."""

    def covers(self, record: Mapping[str, Any]) -> bool:
        """Whether ``record`` is of its topic, device and time."""
        is_reading = "time" in record
        if is_reading != (self.topic == "readings"):
            return False
        if self.device_id is not None and self.device_id != record["device_id" if is_reading else "meter_id"]:
            return False
        if is_reading:
            return bool(self.start <= record["time"] < self.until)
        return bool(self.start <= record["start"] and record["end"] <= self.until)


RETRACTIONS = f"SELECT {', '.join(Retraction._fields)} FROM retraction"  # noqa: S608 - constant names
INSERT = (
    f"INSERT INTO retraction ({', '.join(Retraction._fields)}) "  # noqa: S608
    f"VALUES ({', '.join('?' * len(Retraction._fields))})"
)
REMOVED = "UPDATE retraction SET removed_at = ? WHERE installation_id = ? AND retracted_at = ?"
TOTALLED = "UPDATE retraction SET run_id = ? WHERE installation_id = ? AND retracted_at = ?"


def retractions_of(rows: Iterable[Any]) -> Mapping[str, tuple[Retraction, ...]]:
    """The rows of :data:`RETRACTIONS` by installation."""
    found: dict[str, list[Retraction]] = defaultdict(list)
    for row in rows:
        made = Retraction(*row)._replace(
            retracted_at=utc(row.retracted_at),
            start=utc(row.start),
            until=utc(row.until),
            removed_at=utc_or_none(row.removed_at),
        )
        found[row.installation_id].append(made)
    return {name: tuple(sorted(of, key=lambda each: each.retracted_at)) for name, of in found.items()}
