"""The ledger (received = accepted + duplicate + quarantined) and what is in quarantine."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import date
from typing import Any

from energy.topics import TOPICS
from serving_layer.reader import Reader
from store.instants import utc_or_none
from store.ledger import Counts

LAYERS = ("speed", "batch")
COUNTS = Counts._fields

_TOTALS = (
    "SELECT count(*) AS batches, sum(received) AS received, sum(accepted) AS accepted, "
    "sum(duplicate) AS duplicate, sum(quarantined) AS quarantined, sum(late) AS late, max(written_at) AS written_at "
    "FROM ingest_ledger WHERE topic = ? AND layer = ?"
)
_QUARANTINE = (
    "SELECT topic, day, kafka_partition, kafka_offset, received_at, reason, payload, payload_bytes FROM quarantine "
    "WHERE topic = ? AND day = ? LIMIT ?"
)


def totals(reader: Reader, topics: Sequence[str] = tuple(TOPICS)) -> list[dict[str, Any]]:
    """Messages of each topic and layer that has counted any, over all its batches."""
    partitions = [(topic, layer) for topic in topics for layer in LAYERS]
    answers = reader.each(_TOTALS, partitions)
    return [
        {"topic": topic, "layer": layer, "batches": row.batches}
        | {name: getattr(row, name) or 0 for name in COUNTS}
        | {"written_at": utc_or_none(row.written_at)}
        for (topic, layer), (row,) in zip(partitions, answers, strict=True)
        if row.batches
    ]


def quarantined(reader: Reader, topics: Sequence[str], days: Sequence[date], limit: int) -> list[dict[str, Any]]:
    """At most ``limit`` messages that were not taken, of those UTC days of arrival, with reason and payload."""
    answers = reader.each(_QUARANTINE, [(topic, day, limit) for topic in topics for day in days])
    found = [_message(row) for rows in answers for row in rows]
    found.sort(key=lambda message: str(message["received_at"]), reverse=True)
    return found[:limit]


def _message(row: Any) -> dict[str, Any]:
    """``payload`` as text where it is UTF-8, else ``payload_base64``."""
    payload = row.payload or b""
    try:
        content = {"payload": payload.decode()}
    except UnicodeDecodeError:
        content = {"payload_base64": base64.b64encode(payload).decode()}
    return {
        "topic": row.topic,
        "partition": row.kafka_partition,
        "offset": row.kafka_offset,
        "received_at": utc_or_none(row.received_at),
        "reason": row.reason,
        "payload_bytes": row.payload_bytes,
    } | content
