"""A line of table ``ingest_ledger``: received = accepted + duplicate + quarantined, of one layer's batch of a topic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

INSERT = (
    "INSERT INTO ingest_ledger (topic, layer, batch_id, received, accepted, duplicate, quarantined, late, "
    "first_offsets, last_offsets, written_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


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
