"""One row a batch: received = accepted + duplicate + quarantined.

The counts are written before the batch's rows and dated (``written_at``) after them. A batch killed in between
is replayed over rows it has half written, where its own readings look like repeats; the counts of its first
attempt then stand. Rows of long ago are folded into one, so that the sum of all rows stays quick to read.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from cassandra.query import BatchStatement

from speed_layer.readings_query.summary import Summary
from store.ledger import INSERT, Counts, Line, offsets_text

TOPIC, LAYER = "readings", "speed"
KEPT = 10_000
"""The newest batches that keep a row of their own; at two batches a second the last hour and a half."""
FOLDED_EVERY = 1_000


class Ledger:
    """Table ``ingest_ledger``, the rows of the speed layer."""

    def __init__(self, session: Any, layer: str = LAYER) -> None:
        self._session = session
        self._layer = layer
        self._replayed = True
        self._insert = session.prepare(INSERT)
        self._close = session.prepare(
            "UPDATE ingest_ledger SET written_at = ? WHERE topic = ? AND layer = ? AND batch_id = ?"
        )
        self._row = session.prepare(
            "SELECT first_offsets, last_offsets FROM ingest_ledger WHERE topic = ? AND layer = ? AND batch_id = ?"
        )
        self._rows = session.prepare("SELECT last_offsets, written_at FROM ingest_ledger WHERE topic = ? AND layer = ?")
        self._old = session.prepare(
            "SELECT * FROM ingest_ledger WHERE topic = ? AND layer = ? AND batch_id <= ? ORDER BY batch_id"
        )
        self._drop = session.prepare("DELETE FROM ingest_ledger WHERE topic = ? AND layer = ? AND batch_id < ?")
        self._forget = session.prepare("DELETE FROM ingest_ledger WHERE topic = ? AND layer = ? AND batch_id > ?")
        self.last = self._last_offsets()
        """The last offset of each Kafka partition whose reading is in Cassandra."""

    def open(self, batch_id: int, summary: Summary) -> None:
        """Write the counts of a batch that is about to be written."""
        if batch_id == 0:
            # A new checkpoint reads the topic again, so that the messages counted behind it are counted anew.
            self._session.execute(self._forget, (TOPIC, self._layer, batch_id))
        if self._replayed and self._is_replay(batch_id, summary):
            return
        s = summary
        counts = Counts(s.received, s.accepted, s.duplicate, s.quarantined, s.late)
        line = Line(TOPIC, self._layer, batch_id, counts, s.first, {**self.last, **s.last})
        self._session.execute(self._insert, line.values())

    def close(self, batch_id: int, summary: Summary) -> None:
        """Date the batch: its rows are written."""
        self._session.execute(self._close, (datetime.now(timezone.utc), TOPIC, self._layer, batch_id))
        self.last |= summary.last
        # Spark replays at most the one batch that a stop left open.
        self._replayed = False
        if batch_id % FOLDED_EVERY == 0:
            self.fold(batch_id - KEPT)

    def fold(self, batch_id: int) -> None:
        """Make the rows up to ``batch_id`` one row with their sums: a single mutation, so seen whole or not at all."""
        rows = list(self._session.execute(self._old, (TOPIC, self._layer, batch_id)))
        if len(rows) < 2:
            return
        first, last = rows[0], rows[-1]
        counts = [sum(getattr(row, name) for row in rows) for name in Counts._fields]
        total = (*counts, first.first_offsets, last.last_offsets, last.written_at)
        folded = BatchStatement()
        folded.add(self._insert, (TOPIC, self._layer, last.batch_id, *total))
        folded.add(self._drop, (TOPIC, self._layer, last.batch_id))
        self._session.execute(folded)

    def _is_replay(self, batch_id: int, summary: Summary) -> bool:
        row = self._session.execute(self._row, (TOPIC, self._layer, batch_id)).one()
        if row is None or row.first_offsets != offsets_text(summary.first):
            return False
        last = json.loads(row.last_offsets)
        return {partition: last.get(partition) for partition in summary.last} == summary.last

    def _last_offsets(self) -> dict[str, int]:
        for row in self._session.execute(self._rows, (TOPIC, self._layer)):
            if row.written_at is not None:
                offsets: dict[str, int] = json.loads(row.last_offsets)
                return offsets
        return {}
