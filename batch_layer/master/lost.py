"""Readings that Kafka dropped before they were archived: the speed layer has kept them for 40 days.

``reading_by_day`` says of each reading which message last changed it. Whatever it holds from the first lost message of
a partition on is taken, for a later message may have changed a reading that a lost one brought; what the master or the
batch at hand has already is no news.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.master import dataset
from batch_layer.runs import Night
from energy.topics import TOPICS
from store import cassandra, kafka
from store.ledger import last_offsets
from store.spark import cassandra_table

TOPIC = "readings"
COLUMNS = (*TOPICS[TOPIC].columns, "kafka_partition", "kafka_offset", "received_at")
"""The columns that a kept reading and an accepted message share."""
Ranges = Mapping[int, range]
"""Offsets by partition."""


def lost_offsets(night: Night, batch: int) -> Ranges:
    """Offsets of readings that no archive batch before ``batch`` has taken and that Kafka no longer holds."""
    with cassandra.session(night.settings) as session:
        taken = last_offsets(session, TOPIC, "batch", before=batch)
    begins = kafka.beginnings(night.settings, TOPIC)
    lost = {partition: range(taken.get(partition, -1) + 1, begin) for partition, begin in begins.items()}
    return {partition: offsets for partition, offsets in lost.items() if offsets}


def kept_readings(night: Night, lost: Ranges, accepted: DataFrame) -> DataFrame:
    """Columns of a validated batch for each kept reading of ``lost`` that is not among ``accepted``.

    ``received_at`` is the reading's own time: the broker's is not kept.
    """
    table = cassandra_table(night.spark, night.settings, "reading_by_day")
    since: Column = reduce(
        lambda either, each: either | each,
        ((F.col("kafka_partition") == p) & (F.col("kafka_offset") >= offsets.start) for p, offsets in lost.items()),
    )
    kept = table.where(since).withColumn("received_at", F.col("time")).select(*COLUMNS)
    return dataset.without(kept, accepted, TOPIC)


def said(lost: Ranges, recovered: int) -> str:
    """The sentence on lost messages for a person."""
    count = sum(len(offsets) for offsets in lost.values())
    return (
        f"Kafka dropped {count:,} messages of topic {TOPIC} before they were archived; {recovered:,} readings of them "
        "are taken from reading_by_day. The rest were refused or repeats, or are older than the 40 days it keeps."
    )
