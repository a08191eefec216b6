"""The sinks of rows: Cassandra tables through the connector, the quarantine topic through Kafka."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark import inheritable_thread_target
from pyspark.sql import DataFrame

from conf import Settings
from store import kafka
from store.spark import CASSANDRA

PAUSES_SECONDS = (1, 4, 0)
"""A write that fails, because Cassandra is busy, is tried once more after each of them."""
MESSAGES_A_TASK = 5_000
_WRITERS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="sink")


def tasks_for(messages: int) -> int:
    """The number of tasks of a batch: a few rows are written sooner by one, and leave a core to the other query."""
    return max(1, -(-messages // MESSAGES_A_TASK))


def write_table(rows: DataFrame, table: str, settings: Settings, write_time: str | None = None, **more: str) -> None:
    """Append ``rows`` to ``table``; column ``write_time``, in microseconds, is each row's write time."""
    options = {"keyspace": settings.cassandra.keyspace, "table": table, **more}
    if write_time is not None:
        options["writetime"] = write_time
    for pause in PAUSES_SECONDS:
        try:
            rows.write.format(CASSANDRA).options(**options).mode("append").save()
        except Py4JJavaError as error:
            # Rows written twice are the same rows, and a restart of the job would cost more than the pause.
            failure = error
            time.sleep(pause)
        else:
            return
    raise failure


def write_topic(rows: DataFrame, topic: str, settings: Settings) -> None:
    """Publish ``rows`` (key, value) to ``topic``."""
    options = kafka.spark_options(settings) | {"topic": topic}
    rows.write.format("kafka").options(**options).save()


def reading_rows(validated: DataFrame, fields: Sequence[str]) -> DataFrame:
    """Rows of table ``reading_by_day`` and their write time; ``fields`` are those that any of them has."""
    # The connector converts every column of every row, absent or not: most batches need half of them.
    return validated.where("kind = 'accepted'").selectExpr(
        *fields, "day", "kafka_partition", "kafka_offset", "write_time"
    )


def state_rows(validated: DataFrame, fields: Sequence[str]) -> DataFrame:
    """Rows of table ``inverter_state`` and their write time; ``fields`` as above."""
    return validated.where("is_state").selectExpr(*fields, "write_time")


def together(*writes: Callable[[], None]) -> None:
    """Run independent writes side by side; the first failure is raised once all have ended."""
    futures = [_WRITERS.submit(inheritable_thread_target(write)) for write in writes]
    failures = [failure for future in futures if (failure := future.exception())]
    if failures:
        raise failures[0]
