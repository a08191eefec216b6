"""The archived messages in HDFS: where they lie, and which of their folders are complete.

``master/<topic>/event_day=…/archive=<batch>`` is one batch's part of a UTC day of the event.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import SparkSession

from conf import Settings
from energy.topics import TOPICS
from store import hdfs

MASTER = "master"
BATCHES = "_batches"
"""Folder of a file for each complete batch, which names the days that it brought."""
COORDINATES = "kafka_partition int, kafka_offset bigint, received_at timestamp"
"""Coordinates of a message in Kafka, and the broker's time of it (UTC)."""


def columns(topic: str) -> str:
    """The columns of a topic's files, as a Spark schema string."""
    fields = ", ".join(f"`{name}` {kind}" for name, kind in TOPICS[topic].columns.items())
    return f"{fields}, {COORDINATES}"


def stored(spark: SparkSession, settings: Settings, topic: str) -> dict[date, list[int]]:
    """The archive batches whose files each UTC day of the topic holds, in order."""
    found: dict[date, list[int]] = {}
    for path in hdfs.matching(spark, settings.hdfs_path(MASTER, topic, "event_day=*", "archive=*")):
        _, day, batch = path.rsplit("/", 2)
        found.setdefault(date.fromisoformat(day.partition("=")[2]), []).append(int(batch.partition("=")[2]))
    return {day: sorted(of) for day, of in found.items()}


def complete(spark: SparkSession, settings: Settings, topic: str) -> list[int]:
    """The batches of the topic that were written to their end, in order."""
    names = hdfs.names(spark, settings.hdfs_path(MASTER, topic, BATCHES))
    return sorted(int(name.removesuffix(".json")) for name in names if name[0] != "_")


def place(settings: Settings, topic: str, day: date, batch: int) -> str:
    """URI of a batch's part of a day."""
    return settings.hdfs_path(MASTER, topic, f"event_day={day}", f"archive={batch}")
