"""Takes wrong messages of an installation out of the master, and lets the next night total their days anew.

The retraction is a row of the catalogue first: from then on both layers refuse what was received before it, wherever it
comes from. Then what is stored of it goes. Messages that come after it count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer import runs
from batch_layer.incremental import device_days
from batch_layer.removal.place import Place
from batch_layer.removal.rewrite import remove_rows
from batch_layer.runs import Night
from conf import Settings
from energy.calendar import dates
from energy.topics import TOPICS
from store import cassandra, hdfs
from store.history.retraction import Retraction
from store.instants import months, utc

STATEMENT = ("installation_id", "month", "start", "meter_id", "end", "source", "known_at", "method")
"""Primary key of table ``official``."""


def remove_archived(spark: SparkSession, settings: Settings, of: Retraction) -> list[Place]:
    """Remove what is archived of the retraction, and what others read of it; the run at work is to begin anew.

    Whoever calls holds the night's lock. Done again it ends the same.
    """
    master = settings.hdfs_path("master", of.topic)
    days = [f"{master}/event_day={day}" for day in dates(of.start.date(), of.until.date())]
    places = [Place("HDFS", f"master/{of.topic}", remove_rows(spark, settings, _archived(of), *days))]
    if of.topic == "intervals":
        with cassandra.session(settings) as session:
            places.append(Place("Cassandra", "official", _remove_statements(session, of)))
    night = Night(spark, settings, runs.open_run(spark, settings))
    hdfs.delete(spark, settings.hdfs_path("runs", f"{night.run.run_id}.json"))
    if of.topic == "readings":
        device_days.correct(night, of.installation_id)
    return places


def _archived(of: Retraction) -> Column:
    """The condition that a row of the master meets if the retraction covers it."""
    topic = TOPICS[of.topic]
    device = F.col("device_id" if of.topic == "readings" else "meter_id")
    end = F.col(topic.event_time if of.topic == "readings" else "end")
    last = end < F.lit(of.until) if of.topic == "readings" else end <= F.lit(of.until)
    return (
        (F.col("installation_id") == of.installation_id)
        & (F.lit(of.device_id is None) | (device == F.lit(of.device_id)))
        & (F.col(topic.event_time) >= F.lit(of.start))
        & last
        & (F.col("received_at") <= F.lit(of.retracted_at))
    )


def _remove_statements(session: Any, of: Retraction) -> int:
    where = " AND ".join(f"{name} = ?" for name in STATEMENT)
    delete = session.prepare(f"DELETE FROM official WHERE {where}")  # noqa: S608 - constant names
    removed = 0
    for row in _statements(session, of):
        session.execute(delete, row)
        removed += 1
    return removed


def _statements(session: Any, of: Retraction) -> Iterator[tuple[Any, ...]]:
    names = ", ".join(STATEMENT)
    query = session.prepare(f"SELECT {names} FROM official WHERE installation_id = ? AND month = ?")  # noqa: S608
    for month in months(of.start, of.until):
        for row in session.execute(query, (of.installation_id, month)):
            record = {"meter_id": row.meter_id, "start": utc(row.start), "end": utc(row.end)}
            if of.covers(record):
                yield tuple(row)
