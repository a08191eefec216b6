"""The speed layer: one streaming job, two queries of topic ``readings``.

    python -m speed_layer.job [--without-energy]
    spark-submit speed_layer/job.py

``readings`` validates, drops repeats and keeps the readings and the latest states, as soon as they come;
``energy`` follows it with the 15-minute energy of what was affected. Restart it at will: it loses and doubles
nothing. A query that ends is started again; where that is of no help the job ends with exit code 1 and one line, and
on SIGTERM with 0.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from types import FrameType

from pyspark.sql import SparkSession

from conf import Settings, load_settings
from conf.refusal import Refusal
from energy.topics import QUARANTINE
from speed_layer.energy_query.query import LOOK, Energy, pace
from speed_layer.progress import Progress
from speed_layer.queries import SPARK_CONF, Query, QueryEnded, Watched, end, start, watch
from speed_layer.readings_query.query import Readings
from speed_layer.silent_today import SilentToday
from store import cassandra, schema
from store.catalogue import CatalogueReader
from store.kafka import Ends, TopicsAway, wait_for_topics
from store.spark import session

TOPICS = ("readings", QUARANTINE)
STEADY_SECONDS = 20.0
"""A query that ends sooner after its start ends the job."""
WAIT_SECONDS = 5.0


def main() -> int:
    """Run until SIGTERM, or until a query or the store can't be relied on; the exit code."""
    parser = argparse.ArgumentParser(prog="speed_layer.job", description="The speed layer.")
    parser.add_argument("--without-energy", action="store_true", help="run the readings query alone")
    with_energy = not parser.parse_args().without_energy
    try:
        run(load_settings(), with_energy)
    except Refusal as error:
        print(f"speed layer: {error}", file=sys.stderr, flush=True)
        return 1
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def run(settings: Settings, with_energy: bool = True) -> None:
    """Start the queries and watch them until SIGTERM or SIGINT; one that ends is started again, in this process.

    So they go on as soon as Kafka is back after an outage. Raises :class:`QueryEnded` when one ends soon after its
    start, which another start would not help, and :class:`store.cassandra.CassandraAway` when Cassandra is advanced.
    """
    wait_for_topics(settings, TOPICS)
    with cassandra.session(settings) as views:
        schema.check(views)
    spark = session(settings, "solera speed", **SPARK_CONF)
    # Each batch warns of Kafka consumers outside the threads Spark likes best; `watch` reports a query's end.
    spark.sparkContext.setLogLevel("ERROR")
    stop = stopped_by_signals()
    while not stop.is_set():
        began = time.monotonic()
        try:
            _follow(spark, settings, with_energy, stop)
        except QueryEnded as ended:
            if time.monotonic() - began < STEADY_SECONDS:
                raise
            print(f"speed layer: {ended}; starting again", file=sys.stderr, flush=True)
            _wait_for_topics(settings, stop)
    spark.stop()


def _follow(spark: SparkSession, settings: Settings, with_energy: bool, stop: threading.Event) -> None:
    """One life of the queries."""
    views, ends = cassandra.connect(settings), Ends(settings, "readings")
    progress = Progress()
    readings = Readings(settings, views, CatalogueReader(settings, views), progress)
    queries = [start(spark, settings, Query("readings", settings.spark.speed_trigger, readings.write), progress)]
    if with_energy:
        energy = Energy(settings, CatalogueReader(settings, views), progress)
        queries.append(start(spark, settings, Query("energy", LOOK, energy.write, pace(settings)), progress))
    over = threading.Event()
    threading.Thread(target=SilentToday(views).keep_looking, args=(over,), name="silent devices", daemon=True).start()
    try:
        watch(Watched(queries, progress, settings.home / "run" / "speed.json", views, ends), stop)
    except QueryEnded:
        # The connector waits for ever for a node that went while it read the schema: only a new process is sure.
        cassandra.connect(settings).cluster.shutdown()
        end(queries, progress)
        raise
    else:
        end(queries, progress)
    finally:
        over.set()
        views.cluster.shutdown()
        ends.close()


def _wait_for_topics(settings: Settings, stop: threading.Event) -> None:
    """Return once Kafka answers, however long that takes, or ``stop`` is set."""
    while not stop.is_set():
        with suppress(TopicsAway):
            wait_for_topics(settings, TOPICS, WAIT_SECONDS)
            return


def stopped_by_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set; Spark takes SIGINT for itself when it starts, so ask after that."""
    stop = threading.Event()

    def on_signal(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    return stop


if __name__ == "__main__":
    code = main()
    if code:
        # A write that has no answer would be waited for at an orderly end.
        os._exit(code)
