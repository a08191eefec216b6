"""One row a batch: received = accepted + duplicate + quarantined.

The counts are written before the batch's rows and dated (``written_at``) after them. A batch killed in between
is replayed over rows it has half written, where its own readings look like repeats; the counts of its first
attempt then stand.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from speed_layer.summary import Summary

TOPIC, LAYER = "readings", "speed"


class Ledger:
    """Table ``ingest_ledger``, the rows of the speed layer."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._replayed = True
        self._open = session.prepare(
            "INSERT INTO ingest_ledger (topic, layer, batch_id, received, accepted, duplicate, quarantined, late, "
            "first_offsets, last_offsets, written_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null)"
        )
        self._close = session.prepare(
            "UPDATE ingest_ledger SET written_at = ? WHERE topic = ? AND layer = ? AND batch_id = ?"
        )
        self._row = session.prepare(
            "SELECT first_offsets, last_offsets FROM ingest_ledger WHERE topic = ? AND layer = ? AND batch_id = ?"
        )
        self._rows = session.prepare("SELECT last_offsets, written_at FROM ingest_ledger WHERE topic = ? AND layer = ?")
        self._forget = session.prepare("DELETE FROM ingest_ledger WHERE topic = ? AND layer = ? AND batch_id > ?")
        self.last = self._last_offsets()
        """The last offset of each Kafka partition whose reading is in Cassandra."""

    def open(self, batch_id: int, summary: Summary) -> None:
        """Write the counts of a batch that is about to be written."""
        if batch_id == 0:
            # A new checkpoint reads the topic again: what was counted behind it is about to be counted anew.
            self._session.execute(self._forget, (TOPIC, LAYER, batch_id))
        if self._replayed and self._is_replay(batch_id, summary):
            return
        s = summary
        counts = (s.received, s.accepted, s.duplicate, s.quarantined, s.late)
        offsets = (_json(s.first), _json({**self.last, **s.last}))
        self._session.execute(self._open, (TOPIC, LAYER, batch_id, *counts, *offsets))

    def close(self, batch_id: int, summary: Summary) -> None:
        """Date the batch: its rows are written."""
        self._session.execute(self._close, (datetime.now(timezone.utc), TOPIC, LAYER, batch_id))
        self.last |= summary.last
        # Spark replays at most the one batch that a stop left open.
        self._replayed = False

    def _is_replay(self, batch_id: int, summary: Summary) -> bool:
        row = self._session.execute(self._row, (TOPIC, LAYER, batch_id)).one()
        if row is None or row.first_offsets != _json(summary.first):
            return False
        last = json.loads(row.last_offsets)
        return {partition: last.get(partition) for partition in summary.last} == summary.last

    def _last_offsets(self) -> dict[str, int]:
        for row in self._session.execute(self._rows, (TOPIC, LAYER)):
            if row.written_at is not None:
                offsets: dict[str, int] = json.loads(row.last_offsets)
                return offsets
        return {}


def _json(offsets: dict[str, int]) -> str:
    return json.dumps(dict(sorted(offsets.items(), key=lambda each: int(each[0]))))
