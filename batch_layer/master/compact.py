"""Merges the files of closed days of the master: one a topic and day, where each archive batch had left its own.

A day's new file is written aside, counted, and marked; then it takes the place of the old ones. Killed before the mark,
nothing has happened; killed after it, whoever takes the night's lock next ends the change before anything is read. The
rows bear the number of the newest batch that is merged. Only batches that the published run has worked in are, so that
no later night asks for one of them by itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import chain
from typing import NamedTuple

from pyspark.sql import SparkSession

from batch_layer.master import dataset
from conf import Settings
from conf.refusal import Refusal
from energy.topics import TOPICS
from store import hdfs
from store.history import archived_files

ASIDE = "compaction"
"""Folder of files on their way."""
CLOSED_DAYS = 7
"""Days before the cut by which a day's late messages have come, but for a few."""
DAYS_A_NIGHT = 500
"""Days of all topics together that one night merges, oldest first: an old master takes several nights."""
_MARK = ".mark"


class NotMerged(Refusal):
    """Files could not be merged; the text says where their rows are."""


class Merged(NamedTuple):
    """The number of files merged, and of those they became."""

    files: int
    into: int


def compact(spark: SparkSession, settings: Settings, cut: date, marks: Mapping[str, int]) -> Merged:
    """Merge the days of all topics that lie ``CLOSED_DAYS`` before the ``cut`` (UTC).

    ``marks`` name of each topic the last archive batch that a published run has worked in; of a topic without one the
    last but one is taken, for the last may come again. Whoever calls holds the night's lock.
    Raises :class:`NotMerged`.
    """
    files = days = 0
    for topic in TOPICS:
        stored = archived_files.stored(spark, settings, topic)
        newest = max(chain.from_iterable(stored.values()), default=0)
        through = marks.get(topic, newest - 1)
        for day in sorted(day for day in stored if day < cut - timedelta(days=CLOSED_DAYS)):
            old = [batch for batch in stored[day] if batch <= through]
            if len(old) > 1 and days < DAYS_A_NIGHT:
                _merge(spark, settings, topic, day, old)
                files, days = files + len(old), days + 1
    return Merged(files, days)


def finish(spark: SparkSession, settings: Settings) -> None:
    """End the change that a kill has left half done, and remove what lies aside."""
    aside = settings.hdfs_path(ASIDE)
    for name in hdfs.names(spark, aside):
        if name.endswith(_MARK):
            _replace(spark, settings, name.removesuffix(_MARK))
    hdfs.delete(spark, aside)


def _merge(spark: SparkSession, settings: Settings, topic: str, day: date, old: Sequence[int]) -> None:
    """Merge the files that batches ``old`` have left of a day."""
    name = f"{topic}.{day}"
    _write(spark, settings, topic, day, old)
    text = json.dumps({"topic": topic, "day": day.isoformat(), "old": old})
    hdfs.write_text(spark, settings.hdfs_path(ASIDE, f"{name}{_MARK}"), text)
    _replace(spark, settings, name)


def _write(spark: SparkSession, settings: Settings, topic: str, day: date, old: Sequence[int]) -> None:
    new = settings.hdfs_path(ASIDE, f"{topic}.{day}")
    of = {batch: [day] for batch in old}
    rows = dataset.read_batches(spark, settings, topic, of).drop("event_day", "archive")
    ordered = rows.coalesce(1).sortWithinPartitions(*TOPICS[topic].key, "kafka_partition", "kafka_offset")
    ordered.write.mode("overwrite").parquet(new)
    wanted = dataset.read_batches(spark, settings, topic, of).count()
    held = spark.read.schema(rows.schema).parquet(new).count()
    if held != wanted:
        raise NotMerged(f"{new} holds {held:,} of {wanted:,} rows of topic {topic} on {day}; its files stay unmerged.")


def _replace(spark: SparkSession, settings: Settings, name: str) -> None:
    """Put the marked file in the place of the old ones; done again it ends the same."""
    new, mark = settings.hdfs_path(ASIDE, name), settings.hdfs_path(ASIDE, f"{name}{_MARK}")
    of = json.loads(hdfs.read_text(spark, mark))
    folder = dataset.day_folder(settings, of["topic"], date.fromisoformat(of["day"]))
    # As long as the new one is aside, whatever stands under the old names is old.
    if hdfs.exists(spark, new):
        for batch in of["old"]:
            hdfs.delete(spark, f"{folder}/archive={batch}")
        if not hdfs.move(spark, new, f"{folder}/archive={of['old'][-1]}"):
            raise NotMerged(f"{new} could not be moved to {folder}: it alone holds that day; run the night again.")
    hdfs.delete(spark, mark)
