"""The ledger (received = accepted + duplicate + quarantined) and the messages in quarantine."""

from __future__ import annotations

import base64
import codecs
from collections.abc import Sequence
from datetime import date
from heapq import merge
from itertools import islice
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
    "SELECT topic, kafka_partition, kafka_offset, received_at, reason, payload, payload_bytes FROM quarantine "
    "WHERE topic = ? AND day = ? LIMIT ?"
)
HEAD_BYTES = 1024
"""Bytes of a payload that are shown."""
PAGE_ROWS = 100
"""Rows that are held whole at once: 100 payloads of 8 KiB."""


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
    """At most ``limit`` refused messages, newest first, with reason and the head of the payload.

    ``days`` are UTC days of arrival, the newest first; a day is read only where the newer ones do not suffice.
    """
    messages: list[dict[str, Any]] = []
    for day in days:
        left = limit - len(messages)
        # A day's rows are newest first in each topic, as the table is.
        topics_rows = [reader.pages(_QUARANTINE, (topic, day, left), PAGE_ROWS) for topic in topics]
        rows = merge(*topics_rows, key=lambda row: row.received_at, reverse=True)
        messages += [_message(row) for row in islice(rows, left)]
        if len(messages) == limit:
            break
    return messages


def _message(row: Any) -> dict[str, Any]:
    """The head of the payload as ``payload`` where it is UTF-8, else as ``payload_base64``."""
    whole = row.payload or b""
    head = whole[:HEAD_BYTES]
    try:
        content = {"payload": _text(head, is_whole=len(head) == len(whole))}
    except UnicodeDecodeError:
        content = {"payload_base64": base64.b64encode(head).decode()}
    return {
        "topic": row.topic,
        "partition": row.kafka_partition,
        "offset": row.kafka_offset,
        "received_at": utc_or_none(row.received_at),
        "reason": row.reason,
        "payload_bytes": row.payload_bytes,
    } | content


def _text(payload: bytes, is_whole: bool) -> str:
    """The text of bytes whose last character may be cut in two. Raises UnicodeDecodeError where they are no text."""
    return codecs.getincrementaldecoder("utf-8")().decode(payload, final=is_whole)
