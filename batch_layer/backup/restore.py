"""Restores a backup into an empty stack: every file is checked first, then tables and files are as they were.

Where a topic of Kafka is another than the one of the backup, the archive begins at its beginning under the next batch
number, and what speaks in the old one's offsets is set so that new messages are new.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from batch_layer import runs
from batch_layer.backup import files, manifest, rows
from batch_layer.backup.make import LEFT, NotEmpty, Report, copy_files
from batch_layer.backup.manifest import HDFS, MARK, TABLES, BadBackup, Manifest
from batch_layer.backup.rows import Row
from conf import Settings
from energy.topics import TOPICS
from store import cassandra, hdfs, kafka, schema

FILLED_AT_START = {"schema_version"}
"""Tables that an empty stack has rows in."""


def restore(spark: SparkSession, settings: Settings, folder: str, report: Report) -> Manifest:
    """Fill the empty stack of ``settings`` from the backup in ``folder`` (a URI), with no job at work.

    Killed, it is done again. Raises :class:`BadBackup` before anything is written, and :class:`NotEmpty`.
    """
    of = manifest.read(spark, folder)
    with runs.alone(spark, settings):
        _require_empty(spark, settings, of)
        _check(spark, folder, of, report)
        hdfs.write_text(spark, settings.hdfs_path(MARK), of.made_at)
        ids = kafka.topic_ids(settings, TOPICS)
        renewed = [topic for topic in TOPICS if ids[topic] != of.topics[topic]]
        with cassandra.session(settings) as session:
            for table in of.tables:
                count = _restore_table(spark, session, f"{folder}/{TABLES}", table, renewed)
                report(f"table {table}: {count:,} rows")
        names = [name.removeprefix(f"{HDFS}/") for name in of.files if name.startswith(f"{HDFS}/")]
        copy_files(spark, f"{folder}/{HDFS}", settings.hdfs_path().rstrip("/"), names, report)
        for topic in renewed:
            report(f"topic {topic} is a new one: the archive goes on at its beginning")
            _begin_anew(spark, settings, topic)
        # The speed layer reads again what Kafka holds; what it has written before, it writes the same.
        hdfs.delete(spark, f"{settings.checkpoints}/speed")
        hdfs.delete(spark, settings.hdfs_path(MARK))
    return of


def _require_empty(spark: SparkSession, settings: Settings, of: Manifest) -> None:
    mark = settings.hdfs_path(MARK)
    if hdfs.exists(spark, mark) and hdfs.read_text(spark, mark) == of.made_at:
        return
    found = files.below(spark, settings.hdfs_path().rstrip("/"), LEFT)
    with cassandra.session(settings) as session:
        schema.check(session)
        filled = [table for table in rows.tables(session) if not rows.is_empty(session, table)]
    found += [f"table {table}" for table in filled if table not in FILLED_AT_START]
    if found:
        raise NotEmpty(f"A backup is restored into an empty stack; this one has {found[-1]} and {len(found) - 1} more.")


def _check(spark: SparkSession, folder: str, of: Manifest, report: Report) -> None:
    """Raise :class:`BadBackup` unless every file of the manifest is there as it was written."""
    missing = sorted(set(of.files) - set(files.below(spark, folder)))
    if missing:
        raise BadBackup(f"{folder} lacks {len(missing)} of its {len(of.files):,} files, among them {missing[0]}.")
    for place, digest in files.digests(spark, [f"{folder}/{name}" for name in of.files]):
        if digest != of.files[place.removeprefix(f"{folder}/")]:
            raise BadBackup(f"{place} is not as it was written: its SHA-256 differs from the manifest's.")
    report(f"{len(of.files):,} files are whole")


def _restore_table(spark: SparkSession, session: Any, folder: str, table: str, renewed: Collection[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="solera-restore-") as drafts:
        draft = Path(drafts) / f"{table}.jsonl.gz"
        files.copy(spark, f"{folder}/{draft.name}", f"file://{draft}")
        return rows.read(session, table, draft, partial(_changed, table=table, renewed=renewed))


def _changed(row: Row, table: str, renewed: Collection[str]) -> Row | None:
    """The row as it is restored: a place in a topic that is gone says no more than that it was before all to come."""
    if table == "ingest_ledger":
        if row["layer"] == "speed":
            return None
        return row | {"first_offsets": "{}", "last_offsets": "{}"} if row["topic"] in renewed else row
    return row | {"kafka_offset": -1} if table == "reading_by_day" and "readings" in renewed else row


def _begin_anew(spark: SparkSession, settings: Settings, topic: str) -> None:
    """Let the archive's next batch begin where the topic begins now; its number follows the last one's."""
    checkpoint = settings.hdfs_path("checkpoints", "archive", topic)
    batches = [int(name) for name in hdfs.names(spark, f"{checkpoint}/offsets") if name.isdigit()]
    if not batches:
        return
    last = f"{checkpoint}/offsets/{max(batches)}"
    *head, _ = hdfs.read_text(spark, last).strip().splitlines()
    starts = {str(partition): first for partition, first in kafka.beginnings(settings, topic).items()}
    hdfs.write_text(spark, last, "\n".join([*head, json.dumps({topic: starts})]))
