"""A line of table ``ingest_ledger``: received = accepted + duplicate + quarantined, of one layer's batch of a topic."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

INSERT = (
    "INSERT INTO ingest_ledger (topic, layer, batch_id, received, accepted, duplicate, quarantined, late, "
    "first_offsets, last_offsets, written_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
LAST = "SELECT last_offsets FROM ingest_ledger WHERE topic = %s AND layer = %s AND batch_id < %s"


class Counts(NamedTuple):
    """Messages of a batch; ``late`` is the part of the accepted that lies before the published cut."""

    received: int
    accepted: int
    duplicate: int
    quarantined: int
    late: int


class Line(NamedTuple):
    """The counts of a batch and, by Kafka partition, its first and last offset; ``written_at`` once its rows are."""

    topic: str
    layer: str
    batch_id: int
    counts: Counts
    first_offsets: Mapping[str, int]
    last_offsets: Mapping[str, int]
    written_at: datetime | None = None

    def values(self) -> tuple[Any, ...]:
        """The values of :data:`INSERT`."""
        offsets = offsets_text(self.first_offsets), offsets_text(self.last_offsets)
        return (self.topic, self.layer, self.batch_id, *self.counts, *offsets, self.written_at)


def offsets_text(offsets: Mapping[str, int]) -> str:
    """Offsets by partition as the table holds them."""
    return json.dumps(dict(sorted(offsets.items(), key=lambda each: int(each[0]))))


def last_offsets(session: Any, topic: str, layer: str, before: int) -> dict[int, int]:
    """The last offset of each Kafka partition that the layer's batches with a number below ``before`` have taken."""
    offsets = furthest(row.last_offsets for row in session.execute(LAST, (topic, layer, before)))
    return {int(partition): offset for partition, offset in offsets.items()}


def furthest(written: Iterable[str | None]) -> dict[str, int]:
    """The greatest of each Kafka partition's offsets ``written`` as :func:`offsets_text` does."""
    greatest: dict[str, int] = {}
    for text in written:
        for partition, offset in json.loads(text or "{}").items():
            greatest[partition] = max(offset, greatest.get(partition, offset))
    return greatest


def dropped_between(last: Mapping[str, int], first: Mapping[str, int]) -> int:
    """Messages between the ``last`` offsets taken and the ``first`` of the next batch: Kafka dropped them meanwhile."""
    return sum(max(0, offset - last[partition] - 1) for partition, offset in first.items() if partition in last)
