"""Forgets an installation: its rows in Cassandra, its rows in every file of HDFS, its messages in Kafka.

What bears no name goes first (messages, models, the run at work), what bears one last: whatever is left of a removal
that was killed is found by the next, which does all of it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer import archive, runs
from batch_layer.artifacts import ARTIFACTS
from batch_layer.removal import messages
from batch_layer.removal.place import Place
from batch_layer.removal.rewrite import count_rows, remove_rows
from batch_layer.removal.tables import CATALOGUE, Tables
from batch_layer.runs import Night
from batch_layer.settling import settled
from conf import Settings
from conf.refusal import Refusal
from energy.topics import QUARANTINE
from store import cassandra, hdfs, kafka
from store.catalogue import NOTICED_SECONDS
from store.history.energy_files import CHANGES, MERGED

AGAIN_SECONDS = 15.0
TRIES = 6
"""A reading may be dated a minute ahead, and its row outlives a deletion that was made before that instant."""
Report = Callable[[str], None]


class NothingForgotten(Refusal):
    """There is nothing of that name."""


class NotForgotten(Refusal):
    """Something of it came back while it was removed; the text says where."""


def forget(spark: SparkSession, settings: Settings, installation: str, report: Report) -> list[Place]:
    """Remove ``installation`` everywhere; return each place that was asked for it and what that has lost.

    Every place is asked before and after; ``report`` is told what is being done. Done again after a kill, it ends the
    same. Raises :class:`NothingForgotten`, :class:`NotForgotten`, :class:`store.lock.Locked` while a night is at work,
    and what the archive raises.
    """
    with runs.alone(spark, settings), cassandra.session(settings) as session:
        tables = Tables(session)
        report("looking in every table and file")
        found = list(_places(spark, settings, tables, installation))
        if not any(place.rows for place in found):
            raise NothingForgotten(f"There is no installation {installation}, and nothing that names it.")
        report("taking it from the catalogue, archiving what Kafka holds of all")
        tables.leave_community(installation)
        tables.remove(installation, CATALOGUE.__contains__)
        time.sleep(NOTICED_SECONDS)
        ends: dict[str, Mapping[int, int]] = {topic: kafka.ends(settings, topic) for topic in messages.NAMED}
        night = Night(spark, settings, runs.open_run(spark, settings))
        archive.run(night)
        ends[QUARANTINE] = kafka.ends(settings, QUARANTINE)
        # The run at work knew the installation, and its models have learnt from it: the next night begins anew.
        hdfs.delete(spark, settings.hdfs_path("runs", f"{night.run.run_id}.json"))
        unnamed = [_delete_models(spark, settings)]
        report("emptying the topics of what is archived")
        unnamed += [messages.delete(spark, settings, topic, before) for topic, before in ends.items()]
        report("removing its rows")
        _remove(spark, settings, tables, installation)
        report("looked again in every table and file: nothing names it")
    return found + unnamed


def _places(spark: SparkSession, settings: Settings, tables: Tables, installation: str) -> Iterator[Place]:
    yield from tables.count(installation)
    for folder in _folders(spark, settings):
        count = count_rows(spark, F.col("installation_id") == installation, settings.hdfs_path(folder))
        yield Place("HDFS", folder, count)


def _remove(spark: SparkSession, settings: Settings, tables: Tables, installation: str) -> None:
    """Remove its rows until none is found. Raises :class:`NotForgotten`."""
    left: list[Place] = []
    for _ in range(TRIES):
        tables.remove(installation)
        for folder in _folders(spark, settings):
            remove_rows(spark, settings, F.col("installation_id") == installation, settings.hdfs_path(folder))
        left = [place for place in _places(spark, settings, tables, installation) if place.rows]
        if not left:
            return
        time.sleep(AGAIN_SECONDS)
    where = ", ".join(f"{place.rows} rows in {place.name}" for place in left)
    raise NotForgotten(f"{installation} is written again while it is removed: {where}. Stop its writers, then repeat.")


def _folders(spark: SparkSession, settings: Settings) -> Iterator[str]:
    """Folders whose files have columns of their own: master's topics, what all runs wrote, each artifact of a run."""
    yield from (f"master/{topic}" for topic in messages.NAMED)
    yield from (CHANGES, MERGED, settled.ROOT)
    for artifact in ARTIFACTS:
        if not artifact.place.startswith("models/"):
            above = artifact.place.partition("/{run}")[0].format(name=artifact.name)
            for run_id in hdfs.names(spark, settings.hdfs_path(above)):
                yield artifact.place.format(run=run_id, name=artifact.name)


def _delete_models(spark: SparkSession, settings: Settings) -> Place:
    """Models have learnt from all homes together; each night trains new ones."""
    folder = settings.hdfs_path("models")
    kinds = hdfs.names(spark, folder)
    count = len(list(chain.from_iterable(hdfs.names(spark, f"{folder}/{kind}") for kind in kinds)))
    hdfs.delete(spark, folder)
    return Place("HDFS", "models", count)
