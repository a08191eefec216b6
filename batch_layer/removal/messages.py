"""Messages of Kafka that no layer needs any more: the brokers delete what is archived and the speed layer has read."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from pyspark.sql import SparkSession

from batch_layer.removal.place import Place
from conf import Settings
from energy.topics import TOPICS
from store import hdfs, kafka

NAMED = tuple(topic.name for topic in TOPICS.values() if topic.is_catalogued)
"""Topics whose messages name installations."""
STREAMED = "readings"
"""The topic of the speed layer's queries."""
WAIT_SECONDS = 60.0
"""Seconds that the speed layer is given to read what it has not read yet."""
Offsets = Mapping[int, int]


def delete(spark: SparkSession, settings: Settings, topic: str, ends: Offsets) -> Place:
    """Have the messages before ``ends``, which are archived, deleted: those of all homes, for they lie mixed.

    What a query of the speed layer has not read stays, until Kafka's retention ends.
    """
    before = read_up_to(spark, settings, ends) if topic == STREAMED else ends
    return Place("Kafka", topic, kafka.delete_before(settings, topic, before))


def read_up_to(spark: SparkSession, settings: Settings, ends: Offsets) -> Offsets:
    """The offset of each partition, at most its end, before which every query of the speed layer has read.

    Where there is a query it is waited for as long as :data:`WAIT_SECONDS`.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while (before := _behind(spark, settings, ends)) != ends and time.monotonic() < deadline:
        time.sleep(1.0)
    return before


def _behind(spark: SparkSession, settings: Settings, ends: Offsets) -> Offsets:
    folder = f"{settings.checkpoints}/speed"
    read = [_committed(spark, f"{folder}/{query}") for query in hdfs.names(spark, folder)]
    return {at: min([end, *(each.get(at, 0) for each in read)]) for at, end in ends.items()}


def _committed(spark: SparkSession, query: str) -> Offsets:
    """The offsets at which the next batch of a streaming query begins, by its checkpoint."""
    done = [int(name) for name in hdfs.names(spark, f"{query}/commits") if name.isdigit()]
    if not done:
        return {}
    lines = hdfs.read_text(spark, f"{query}/offsets/{max(done)}").strip().splitlines()
    offsets: dict[str, int] = json.loads(lines[-1])[STREAMED]
    return {int(partition): offset for partition, offset in offsets.items()}
