"""Starting the queries of the job and watching over them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from cassandra import OperationTimedOut, RequestExecutionException
from cassandra.cluster import NoHostAvailable, Session
from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from conf import Settings
from conf.refusal import Refusal
from speed_layer.losses import LOST_SECONDS, Losses, nodes_up
from speed_layer.progress import Progress
from store import kafka
from store.cassandra import CassandraAway
from store.kafka import Ends
from store.messages import ARROW_RECORDS

WATCH_SECONDS = 1.0
ENDS_EVERY = 2
"""Kafka is asked where the topic ends at every second look."""
STUCK_SECONDS = 180.0
"""After so long without a move the job ends, and its supervisor starts another; /healthz calls it broken after 60."""
ALIVE = "SELECT key FROM system.local"
SPARK_CONF = {
    # Each query has a pool: the energy query may fill its own share of the cores only.
    "spark.scheduler.mode": "FAIR",
    "spark.locality.wait": "0s",
    # Plans are tiny and the same every time; planning them again at run time only costs latency.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(ARROW_RECORDS),
    # The validated batch lives for a second: packing it tighter costs more than it saves.
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
    # How often an idle query asks Kafka for news; the default of 10 ms costs a fifth of a core.
    "spark.sql.streaming.pollingDelay": "50ms",
    "spark.sql.streaming.stopTimeout": "20s",
    # A job that runs for months keeps no history of its batches.
    "spark.sql.streaming.numRecentProgressUpdates": "3",
    # Nobody reads the plans.
    "spark.sql.ui.explainMode": "simple",
    "spark.ui.retainedJobs": "20",
    "spark.ui.retainedStages": "20",
    "spark.ui.retainedTasks": "200",
    "spark.sql.ui.retainedExecutions": "5",
}


class QueryEnded(Refusal):
    """A streaming query ended; the text says which and why."""


class QueryStuck(Refusal):
    """A query can't be stopped: something it waits for never comes."""


class Query(NamedTuple):
    """A query over topic ``readings``: each micro-batch goes to ``write``, which may see it twice."""

    name: str
    trigger: str
    write: Callable[[DataFrame, int], None]
    options: Mapping[str, str | int] = {}
    """More of the Kafka source's."""


def start(spark: SparkSession, settings: Settings, query: Query, progress: Progress) -> StreamingQuery:
    """Start ``query``; why a batch of it fails is noted in ``progress``."""

    def write_batch(batch: DataFrame, batch_id: int) -> None:
        try:
            query.write(batch, batch_id)
        except Exception as error:
            progress.failed(query.name, error)
            raise

    # The query's thread inherits the pool of the thread that starts it.
    spark.sparkContext.setLocalProperty("spark.scheduler.pool", query.name)
    return (
        _source(spark, settings, query.options)
        .writeStream.queryName(query.name)
        .foreachBatch(write_batch)
        .option("checkpointLocation", f"{settings.checkpoints}/speed/{query.name}")
        .trigger(processingTime=query.trigger)
        .start()
    )


def _source(spark: SparkSession, settings: Settings, options: Mapping[str, str | int]) -> DataFrame:
    return (
        spark.readStream.format("kafka")
        .options(**kafka.spark_options(settings))
        .option("subscribe", "readings")
        .option("startingOffsets", "earliest")
        .option("includeHeaders", "true")
        # Readings that Kafka dropped unread are lost; the query must go on with the others.
        .option("failOnDataLoss", "false")
        .options(maxOffsetsPerTrigger=settings.spark.max_offsets_per_trigger, **options)
        .load()
    )


class Watched(NamedTuple):
    """A life of the queries, and what tells whether it goes on."""

    queries: Sequence[StreamingQuery]
    progress: Progress
    report: Path
    views: Session
    ends: Ends


def watch(of: Watched, stop: threading.Event) -> None:
    """Keep the report fresh until ``stop`` is set.

    Raises :class:`QueryEnded` as soon as a query is not active, :class:`QueryStuck` when readings wait and none has
    moved for :data:`STUCK_SECONDS` or since a node was lost, and :class:`CassandraAway` when no node answers.
    """
    looks = 0
    ends = of.ends.read()
    losses = Losses()
    while not stop.wait(WATCH_SECONDS):
        if is_away(of.views):
            raise CassandraAway("Cassandra has gone; the job is to start again when it is back")
        for query in of.queries:
            if not query.isActive:
                raise QueryEnded(f"query {query.name} ended: {of.progress.failure(query.name) or _reason(query)}")
        looks += 1
        if looks % ENDS_EVERY == 0:
            ends = of.ends.read()
        behind, stands_s = of.progress.stands(ends)
        waiting = sum(behind.values())
        losses.look(nodes_up(of.views))
        if is_stuck(stands_s, losses.seconds):
            raise QueryStuck(f"query readings has not moved for {stands_s:.0f} s while {waiting} readings wait")
        if of.queries[0].lastProgress:
            of.progress.readings_behind(waiting)
        of.progress.report(of.report, behind, stands_s, {query.name: query.status["message"] for query in of.queries})


def is_stuck(stands_s: float, lost_s: float) -> bool:
    """Whether readings that have stood for ``stands_s`` will not move, ``lost_s`` after a node was lost."""
    return stands_s > STUCK_SECONDS or stands_s >= lost_s > LOST_SECONDS


def is_away(views: Session) -> bool:
    """Whether no node of Cassandra has a connection left; one that is busy is not away.

    It is asked, for the driver's own word on its nodes comes only with the next question that fails.
    """
    try:
        views.execute(ALIVE, timeout=WATCH_SECONDS)
    except NoHostAvailable:
        return True
    except (OperationTimedOut, RequestExecutionException):
        pass
    return False


def end(queries: Sequence[StreamingQuery], progress: Progress) -> None:
    """Stop the queries, each after its batch. Raises :class:`QueryStuck` where a batch does not end."""
    progress.over()
    for query in queries:
        try:
            query.stop()
        except Py4JJavaError:
            raise QueryStuck(f"query {query.name} does not stop") from None


def _reason(query: StreamingQuery) -> str:
    error = query.exception()
    return str(error).strip().splitlines()[0] if error else "stopped from outside"
