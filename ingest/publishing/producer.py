"""The Kafka producer of every source: idempotent, acknowledged by all replicas, its waits bounded.

confluent-kafka, because kafka-python took five times as long for the same messages, and the gateway has to
catch up after an outage on the cores it shares.
"""

from __future__ import annotations

from collections.abc import Callable

from confluent_kafka import Producer

from conf import Settings, writers
from conf.writers import SIGNATURE, WRITER, signature
from ingest.publishing.message import Message
from store.kafka import confluent

Headers = list[tuple[str, str | bytes | None]]
Sign = Callable[[Message], Headers]


def producer(settings: Settings, wait_seconds: float, linger_ms: int, max_bytes: int = 1_000_000) -> Producer:
    """A producer that gives a message up after ``wait_seconds``.

    ``linger_ms``: how long a message may wait for others to share its request.
    """
    return Producer(
        confluent(settings)
        | {
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": linger_ms,
            # Java's and kafka-python's way: whoever else publishes, a key keeps its partition.
            "partitioner": "murmur2_random",
            "message.max.bytes": max_bytes,
            "message.timeout.ms": int(wait_seconds * 1000),
            "reconnect.backoff.max.ms": 500,  # fresh data within seconds of the broker's return
            "log_level": 0,
        }
    )


def signing(settings: Settings) -> Sign:
    """The function that makes the headers by which a message names its writer. Raises ``NoSecret``."""
    writer = writers.own(settings)
    if writer is None:
        return lambda _: []
    name, secret = writer
    return lambda each: [(WRITER, name.encode()), (SIGNATURE, signature(secret, each.topic, each.value))]
