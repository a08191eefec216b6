"""The master dataset: every accepted message once, append only, by the UTC day of its event.

``/solera/master/<topic>/event_day=…/archive=<batch>/…`` is written by one archive batch and never again, but by
the same batch, until the files of a closed day are merged (:mod:`batch_layer.master.compact`).
Beside it ``_batches/<batch>.json`` names the days the batch brought, so that what is new is found
without looking at what is old.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from conf import Settings
from energy.topics import TOPICS
from store import hdfs
from store.history import archived_files
from store.history.archived_files import BATCHES

INTERVAL_SPAN = "explode(sequence(to_date(start), to_date(`end` - INTERVAL 1 MICROSECOND))) AS event_day"
"""SQL expression of every UTC day that an interval reaches into."""


def schema(topic: str) -> str:
    """Columns of the topic's master dataset, as a Spark schema string."""
    return f"{archived_files.columns(topic)}, event_day date, archive bigint"


def day_folder(settings: Settings, topic: str, day: date) -> str:
    """URI of what the master holds of a topic and UTC day of the event."""
    return settings.hdfs_path("master", topic, f"event_day={day}")


def days(spark: SparkSession, settings: Settings, topic: str) -> list[date]:
    """UTC days of which the master holds messages of the topic."""
    folders = hdfs.names(spark, settings.hdfs_path("master", topic))
    return [date.fromisoformat(n.partition("=")[2]) for n in folders if n.startswith("event_day=")]


def read(spark: SparkSession, settings: Settings, topic: str, wanted: Iterable[date]) -> DataFrame:
    """The messages of the ``wanted`` days; only their folders are listed."""
    root = settings.hdfs_path("master", topic)
    return _read(spark, settings, topic, hdfs.present(spark, root, (f"event_day={day}" for day in wanted)))


def read_batches(spark: SparkSession, settings: Settings, topic: str, batches: dict[int, list[date]]) -> DataFrame:
    """The messages which the given archive batches brought; of merged ones only the newest has any, and has all."""
    wanted: dict[date, list[str]] = {}
    for batch, brought in batches.items():
        for day in brought:
            wanted.setdefault(day, []).append(f"archive={batch}")
    folders = [
        f"event_day={day}/{name}"
        for day, names in wanted.items()
        for name in hdfs.present(spark, day_folder(settings, topic, day), names)
    ]
    return _read(spark, settings, topic, folders)


def _read(spark: SparkSession, settings: Settings, topic: str, folders: Sequence[str]) -> DataFrame:
    if not folders:
        return spark.createDataFrame([], schema(topic))
    root = settings.hdfs_path("master", topic)
    reader = spark.read.schema(schema(topic)).option("basePath", root)
    return reader.parquet(*[f"{root}/{folder}" for folder in folders])


def batches_after(spark: SparkSession, settings: Settings, topic: str, mark: int) -> dict[int, list[date]]:
    """Archive batches with a number above ``mark`` and the days each brought."""
    folder = settings.hdfs_path("master", topic, BATCHES)
    return {
        number: [date.fromisoformat(d) for d in json.loads(hdfs.read_text(spark, f"{folder}/{number}.json"))]
        for number in archived_files.complete(spark, settings, topic)
        if number > mark
    }


def append(spark: SparkSession, settings: Settings, topic: str, batch: int, messages: DataFrame) -> list[date]:
    """Write one archive batch and return the days it brought; the same batch again replaces itself.

    ``messages`` has the topic's fields, the Kafka coordinates and ``event_day``. The rows of a day go to one file.
    """
    root = settings.hdfs_path("master", topic)
    brought = sorted(row.event_day for row in messages.select("event_day").distinct().collect())
    if brought:
        (
            messages.withColumn("archive", F.lit(batch).cast("bigint"))
            .repartition(min(len(brought), settings.spark.shuffle_partitions), "event_day")
            .sortWithinPartitions("event_day", *TOPICS[topic].key, "kafka_partition", "kafka_offset")
            .write.mode("overwrite")
            .option("partitionOverwriteMode", "dynamic")
            .partitionBy("event_day", "archive")
            .parquet(root)
        )
    text = json.dumps([day.isoformat() for day in brought])
    hdfs.write_text(spark, f"{root}/{BATCHES}/{batch}.json", text)
    return brought


def without(messages: DataFrame, known: DataFrame, topic: str) -> DataFrame:
    """The ``messages`` of the topic of which ``known`` has no exact repeat, whatever came where and when."""
    fields = list(TOPICS[topic].columns)
    known = known.select(*fields)
    same: Any = [messages[name].eqNullSafe(known[name]) for name in fields]
    return messages.join(known, same, "left_anti")


def event_day(topic: str) -> str:
    """SQL expression of the UTC day a message belongs to."""
    return f"to_date(`{TOPICS[topic].event_time}`)"
