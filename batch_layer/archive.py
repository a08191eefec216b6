"""The messages that Kafka has received since the last archive go into the master dataset, validated, once.

One streaming query a topic, run until it has caught up (``availableNow``). Its checkpoint lies beside the master in
HDFS, for the two are one truth. A batch that is done again after a kill writes the same files, rows and ledger.
Readings that Kafka has dropped meanwhile are taken from the speed layer's table; the other topics are kept nowhere
else, so the archive stops and says so.
"""

from __future__ import annotations

import logging
from datetime import datetime, timezone

from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.master import dataset, lost
from batch_layer.master.validate import validate
from batch_layer.runs import Night, Outcome, Run, RunError
from conf import Settings
from energy.topics import EARLIEST, QUARANTINE, TOPICS
from store import cassandra, kafka, quarantine
from store.catalogue import Catalogue, read_catalogue
from store.ledger import INSERT, Counts, Line
from store.messages import ARROW_RECORDS
from store.spark import CASSANDRA

log = logging.getLogger(__name__)
LAYER = "batch"
ARROW_ROWS = "spark.sql.execution.arrow.maxRecordsPerBatch"


def run(night: Night) -> Outcome:
    """Archive all topics up to their present end. Counts: ``<topic>_received``, ``…_accepted`` and so on."""
    catalogue = read_catalogue(night.settings)
    counts: dict[str, int] = {}
    rows = night.spark.conf.get(ARROW_ROWS, "10000") or "10000"
    night.spark.conf.set(ARROW_ROWS, str(ARROW_RECORDS))
    for topic in TOPICS:
        for name, value in archive_topic(night, topic, catalogue).items():
            counts[f"{topic}_{name}"] = value
    night.spark.conf.set(ARROW_ROWS, rows)
    return Outcome(counts)


class ArchiveError(RunError):
    """The archive can't go on; its text says what to do."""


def archive_topic(night: Night, topic: str, catalogue: Catalogue) -> dict[str, int]:
    """Archive one topic and return what was received, accepted, duplicate and quarantined."""
    settings = night.settings
    total = dict.fromkeys(("received", "accepted", "duplicate", "quarantined"), 0)

    def archive(messages: DataFrame, batch: int) -> None:
        tally = archive_batch(night, topic, catalogue, messages, batch)
        for name in total:
            total[name] += getattr(tally, name)

    query = (
        night.spark.readStream.format("kafka")
        .options(**kafka.spark_options(settings))
        .option("subscribe", topic)
        .option("startingOffsets", "earliest")
        .option("includeHeaders", "true")
        .option("maxOffsetsPerTrigger", settings.spark.archive_max_offsets)
        .option("failOnDataLoss", settings.kafka.fail_on_data_loss and topic != lost.TOPIC)
        .load()
        .writeStream.queryName(f"archive {topic}")
        .option("checkpointLocation", settings.hdfs_path("checkpoints", "archive", topic))
        .trigger(availableNow=True)
        .foreachBatch(archive)
        .start()
    )
    try:
        query.awaitTermination()
    except StreamingQueryException as error:
        if "failOnDataLoss" in str(error):
            raise ArchiveError(
                f"Kafka no longer holds messages of topic {topic} that were never archived. To go on with what is "
                "left, set SOLERA_KAFKA__FAIL_ON_DATA_LOSS=false for one night."
            ) from error
        if "org.apache.kafka" in str(error):
            raise ArchiveError(
                f"Kafka does not answer for topic {topic} at {settings.kafka_servers}: is it up (solera status)?"
            ) from error
        raise
    return total


def archive_batch(night: Night, topic: str, catalogue: Catalogue, messages: DataFrame, batch: int) -> Counts:
    """Validate one batch, write what is new to the master, the refused to the quarantine, and its ledger line."""
    settings, validated = night.settings, validate(messages, topic, catalogue).persist()
    try:
        refused, accepted = validated.where("reason IS NOT NULL"), validated.where("reason IS NULL")
        recovered, kept = 0, None
        if topic == lost.TOPIC and (offsets := lost.lost_offsets(night, batch)):
            kept = lost.kept_readings(night, offsets, accepted).persist()
            recovered = kept.count()
            accepted = accepted.select(*lost.COLUMNS).unionByName(kept)
            log.warning(lost.said(offsets, recovered))
        fresh = new_messages(settings, topic, accepted, batch).persist()
        tally = _tally(validated, recovered, fresh, night.run)
        dataset.append(messages.sparkSession, settings, topic, batch, fresh)
        fresh.unpersist()
        if kept is not None:
            kept.unpersist()
        # The speed layer quarantines readings; each table has one writer.
        if tally.quarantined and topic != "readings":
            _quarantine(settings, topic, refused)
        _write_ledger(settings, topic, batch, tally, validated)
    finally:
        validated.unpersist()
    return tally


def _quarantine(settings: Settings, topic: str, refused: DataFrame) -> None:
    rows = quarantine.table_rows(refused, topic)
    names = {"table": quarantine.TABLE, "keyspace": settings.cassandra.keyspace}
    rows.write.format(CASSANDRA).options(**names).mode("append").save()
    to = kafka.spark_options(settings) | {"topic": QUARANTINE}
    quarantine.messages(rows).write.format("kafka").options(**to).save()


def new_messages(settings: Settings, topic: str, accepted: DataFrame, batch: int) -> DataFrame:
    """The messages ``accepted`` but exact repeats of one archived before or in the same batch."""
    spark, fields = accepted.sparkSession, list(TOPICS[topic].columns)
    first = F.min(F.struct("kafka_partition", "kafka_offset", "received_at")).alias("first")
    unique = (
        accepted.groupBy(*fields)
        .agg(first)
        .select(*fields, "first.*")
        .withColumn("event_day", F.expr(dataset.event_day(topic)))
    )
    days = [row.event_day for row in unique.select("event_day").distinct().collect()]
    known = dataset.read(spark, settings, topic, days).where(F.col("archive") < batch)
    return dataset.without(unique, known, topic)


def _tally(validated: DataFrame, recovered: int, fresh: DataFrame, run: Run) -> Counts:
    received, quarantined = validated.agg(F.count("*"), F.count("reason")).first() or (0, 0)
    received += recovered
    behind = F.col("event_day") < F.lit((run.previous_cut or EARLIEST).date())
    accepted, late = fresh.agg(F.count("*"), F.count(F.when(behind, 1))).first() or (0, 0)
    return Counts(received, accepted, received - quarantined - accepted, quarantined, late)


def _write_ledger(settings: Settings, topic: str, batch: int, counts: Counts, validated: DataFrame) -> None:
    ends = validated.groupBy("kafka_partition").agg(F.min("kafka_offset"), F.max("kafka_offset")).collect()
    first = {str(partition): low for partition, low, _ in ends}
    last = {str(partition): high for partition, _, high in ends}
    line = Line(topic, LAYER, batch, counts, first, last, datetime.now(timezone.utc))
    with cassandra.session(settings) as session:
        session.execute(session.prepare(INSERT), line.values())


if __name__ == "__main__":
    from batch_layer.entry import main

    main("archive")
