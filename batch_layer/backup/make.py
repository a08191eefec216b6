"""Makes a backup: archives what Kafka holds, then copies the tables, then the files, and writes the manifest last."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

from pyspark.sql import SparkSession

from batch_layer import archive, runs
from batch_layer.backup import files, manifest, rows
from batch_layer.backup.manifest import HDFS, MARK, TABLES, Manifest
from batch_layer.runs import Night
from conf import Settings
from conf.refusal import Refusal
from energy.topics import TOPICS
from store import cassandra, hdfs, kafka, schema
from store.instants import rfc3339

Report = Callable[[str], None]
LEFT = ("night.lock", "removal", MARK, "checkpoints/speed")
"""Below HDFS's root, what is no data or begins anew. The speed layer may be writing its checkpoints."""


class NotEmpty(Refusal):
    """A place that must be empty holds something; the text says what."""


def backup(spark: SparkSession, settings: Settings, folder: str, report: Report) -> Manifest:
    """Copy everything into ``folder`` (a URI), with no night at work.

    What Kafka holds is archived first, so that a backup needs no Kafka. Killed, it has no manifest and is no backup.
    Raises :class:`NotEmpty`, :class:`store.lock.Locked`, and what the archive raises.
    """
    if hdfs.names(spark, folder):
        raise NotEmpty(f"{folder} is not empty: name a new folder for each backup.")
    with runs.alone(spark, settings):
        made_at = rfc3339(datetime.now(timezone.utc))
        report("archiving what Kafka holds")
        archive.run(Night(spark, settings, runs.open_run(spark, settings)))
        tables, digests = _copy_tables(spark, settings, folder, report)
        root = settings.hdfs_path().rstrip("/")
        digests |= copy_files(spark, root, f"{folder}/{HDFS}", files.below(spark, root, LEFT), report)
        of = {target.removeprefix(f"{folder}/"): digest for target, digest in digests.items()}
        done = Manifest(made_at, kafka.topic_ids(settings, TOPICS), tables, of)
        manifest.write(spark, folder, done)
    return done


def _copy_tables(
    spark: SparkSession, settings: Settings, folder: str, report: Report
) -> tuple[dict[str, int], dict[str, str]]:
    """Rows of each table, and the SHA-256 of each file by its URI."""
    counts: dict[str, int] = {}
    digests: dict[str, str] = {}
    with cassandra.session(settings) as session, tempfile.TemporaryDirectory(prefix="solera-backup-") as drafts:
        schema.check(session)
        for table in rows.tables(session):
            draft = Path(drafts) / f"{table}.jsonl.gz"
            counts[table] = rows.write(session, table, draft)
            target = f"{folder}/{TABLES}/{draft.name}"
            digests[target] = files.copy(spark, f"file://{draft}", target)
            draft.unlink()
            report(f"table {table}: {counts[table]:,} rows")
    return counts, digests


def copy_files(spark: SparkSession, source: str, target: str, names: Sequence[str], report: Report) -> dict[str, str]:
    """Copy the files ``names`` from below ``source`` to below ``target``; the SHA-256 of each by its new URI."""
    digests: dict[str, str] = {}
    places = {f"{source}/{name}": f"{target}/{name}" for name in names}
    for number, (place, digest) in enumerate(files.copy_all(spark, places), 1):
        digests[place] = digest
        if number % 1000 == 0 or number == len(places):
            report(f"{number:,} of {len(places):,} files")
    return digests
