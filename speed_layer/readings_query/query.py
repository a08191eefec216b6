"""The readings query: each micro-batch of topic ``readings`` to Cassandra, safe to replay."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame

from conf import Settings
from energy.energy_row import EPOCH, from_us
from energy.topics import QUARANTINE
from speed_layer import sinks
from speed_layer.progress import Progress
from speed_layer.readings_query.duplicates import Device
from speed_layer.readings_query.ledger import Ledger
from speed_layer.readings_query.summary import Summary, total
from speed_layer.readings_query.validated_batch import validated_messages
from store import quarantine
from store.catalogue import Catalogue, CatalogueReader
from store.ledger import dropped_between
from store.runs import CutReader


class Readings:
    """The memory of the query between batches; all of it is read back from Cassandra at a start."""

    def __init__(self, settings: Settings, session: Any, catalogue: CatalogueReader, progress: Progress) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._cut = CutReader(session)
        self._ledger = Ledger(session)
        self._newest = newest_states(session)
        self._progress = progress
        progress.readings_written(self._ledger.last)

    def write(self, batch: DataFrame, batch_id: int) -> None:
        """Validate and write one micro-batch."""
        started = time.monotonic()
        validated, summary = self._validated(batch)
        self._progress.moved()
        try:
            if summary.received:
                self._progress.dropped(dropped_between(self._ledger.last, summary.first))
                self._ledger.open(batch_id, summary)
                self._write(validated, summary)
                self._progress.moved()
                self._ledger.close(batch_id, summary)
        finally:
            release(validated)
        for installation, device, newest in summary.newest:
            known = self._newest.get((installation, device), EPOCH)
            self._newest[installation, device] = max(known, from_us(newest))
        self._progress.readings_written(self._ledger.last)
        self._progress.batch(batch_id, summary.received, time.monotonic() - started, summary.quarantined)

    def _validated(self, batch: DataFrame) -> tuple[DataFrame, Summary]:
        validated, summary = self._validate(batch, self._catalogue.current())
        if not summary.unknown:
            return validated, summary
        # It may have been registered a moment ago.
        catalogue = self._catalogue.read()
        if catalogue.installations.isdisjoint(summary.unknown):
            return validated, summary
        release(validated)
        return self._validate(batch, catalogue)

    def _validate(self, batch: DataFrame, catalogue: Catalogue) -> tuple[DataFrame, Summary]:
        validated = validated_messages(batch, catalogue, self._newest, self._cut.current(), self._settings)
        # Kept as rows: to pack them into a cache's columns and unpack them again costs a tenth of a backlog's time. An
        # executor that is lost takes them along; the query then starts again with this batch.
        validated = validated.localCheckpoint(eager=False)
        rows = validated.where("kind = 'summary'").selectExpr("summary").collect()
        return validated, total(row.summary for row in rows)

    def _write(self, validated: DataFrame, summary: Summary) -> None:
        to = self._settings
        validated = validated.coalesce(sinks.tasks_for(summary.received))
        writes = []
        if summary.accepted:
            readings = sinks.reading_rows(validated, summary.fields)
            states = sinks.state_rows(validated, summary.fields)
            writes.append(lambda: sinks.write_table(readings, "reading_by_day", to, "write_time"))
            writes.append(lambda: sinks.write_table(states, "inverter_state", to, "write_time"))
        if summary.quarantined:
            refused = quarantine.table_rows(validated.where("kind = 'quarantined'"), "readings")
            writes.append(lambda: sinks.write_table(refused, quarantine.TABLE, to))
            writes.append(lambda: sinks.write_topic(quarantine.messages(refused), QUARANTINE, to))
        sinks.together(*writes)


def release(validated: DataFrame) -> None:
    """Free what a checkpointed frame holds in memory, which Spark itself does only when it collects garbage."""
    validated._jdf.queryExecution().analyzed().rdd().unpersist(False)


def newest_states(session: Any) -> dict[Device, datetime]:
    """The time of each device's latest state, UTC."""
    newest: dict[Device, datetime] = {}
    for row in session.execute("SELECT installation_id, device_id, toUnixTimestamp(time) AS ms FROM inverter_state"):
        if row.ms is not None:
            newest[row.installation_id, row.device_id] = from_us(row.ms * 1000)
    return newest
