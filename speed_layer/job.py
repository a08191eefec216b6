"""The speed layer: one streaming job, two queries of topic ``readings``.

    python -m speed_layer.job [--without-energy]
    spark-submit speed_layer/job.py

``readings`` validates, drops repeats and keeps the readings and the latest states, as soon as they come;
``energy`` follows it with the 15-minute energy of what was touched. Restart it at will: it loses and doubles
nothing. It ends with exit code 1 and one line when a query ends, and with 0 on SIGTERM.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from types import FrameType

from conf import Settings, cassandra, load_settings
from conf.spark import NotFetched, session
from speed_layer.catalogue import CatalogueReader
from speed_layer.progress import Progress
from speed_layer.provisional import Energy
from speed_layer.queries import SPARK_CONF, QueryEnded, start, watch
from speed_layer.readings import Readings
from speed_layer.topics import TopicsAway, wait_for_topics


def main() -> int:
    """Run until a query ends or SIGTERM comes; the exit code."""
    parser = argparse.ArgumentParser(prog="speed_layer.job", description="The speed layer.")
    parser.add_argument("--without-energy", action="store_true", help="run the readings query alone")
    with_energy = not parser.parse_args().without_energy
    try:
        run(load_settings(), with_energy)
    except (QueryEnded, TopicsAway, NotFetched, cassandra.CassandraAway) as error:
        print(f"speed layer: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def run(settings: Settings, with_energy: bool = True) -> None:
    """Start the queries and watch them until SIGTERM or SIGINT. Raises :class:`QueryEnded` when one ends."""
    wait_for_topics(settings, ("readings", "quarantine"))
    views = cassandra.connect(settings)
    spark = session(settings, "solera speed", **SPARK_CONF)
    # Each batch warns of Kafka consumers outside the threads Spark likes best; a query's end is told by `watch`.
    spark.sparkContext.setLogLevel("ERROR")
    stop = stopped_by_signals()
    progress = Progress()
    catalogue = CatalogueReader(views)
    readings = Readings(settings, views, catalogue, progress)
    queries = [start(spark, settings, "readings", settings.spark.speed_trigger, readings.write, progress)]
    if with_energy:
        energy = Energy(settings, CatalogueReader(views), progress)
        queries.append(start(spark, settings, "energy", settings.spark.energy_trigger, energy.write, progress))
    try:
        watch(queries, progress, settings.home / "run" / "speed.json", stop)
    finally:
        for query in queries:
            query.stop()
        spark.stop()
        views.cluster.shutdown()


def stopped_by_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set; Spark takes SIGINT for itself when it starts, so ask after that."""
    stop = threading.Event()

    def on_signal(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    return stop


if __name__ == "__main__":
    sys.exit(main())
