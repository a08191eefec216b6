"""Publishes many messages and returns only when every one is acknowledged or has failed.

For sources, replays and the demo's history; the gateway, which keeps each message until it is acknowledged, sends
with :mod:`ingest.publishing.live`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from conf import Settings
from conf.refusal import Refusal
from energy.topics import REPLAYED
from ingest.publishing.message import Message
from ingest.publishing.producer import Headers, producer, signing

ANSWER_SECONDS = 10.0
DELIVERY_SECONDS = 60.0
Progress = Callable[[int], None]


class BulkError(Refusal):
    """Not every message could be published; the text says how many, and why."""


def publish_all(
    settings: Settings,
    topic: str,
    messages: Iterable[Message],
    rate: float | None = None,
    progress: Progress = lambda _acknowledged: None,
) -> int:
    """Publish ``messages`` of ``topic`` in order, at most ``rate`` a second; how many the broker acknowledged.

    The order is kept per key. Each message says that it is replayed, so that it may be of any age. Raises
    :class:`BulkError` if the broker or the topic is not there, or if any message was not acknowledged within
    :data:`DELIVERY_SECONDS`.
    """
    sending = producer(settings, DELIVERY_SECONDS, linger_ms=20, max_bytes=settings.kafka.max_message_bytes)
    sign = signing(settings)
    _check_topic(sending, settings.kafka_servers, topic)
    delivered = _Delivered(progress)
    begun = time.monotonic()
    try:
        for number, message in enumerate(messages):
            if rate is not None:
                time.sleep(max(0.0, begun + number / rate - time.monotonic()))
            _produce(sending, message, [(REPLAYED, b""), *sign(message)], delivered)
    finally:  # messages from before a file broke off are still published
        unanswered = sending.flush(DELIVERY_SECONDS + ANSWER_SECONDS)
        delivered.report()
    if unanswered:
        delivered.failures[f"no answer within {DELIVERY_SECONDS:g} s"] += unanswered
    if delivered.failures:
        causes = "; ".join(f"{count} times: {cause}" for cause, count in delivered.failures.items())
        raise BulkError(
            f"{delivered.acknowledged} messages reached topic {topic}, {delivered.failures.total()} did not: {causes}"
        )
    return delivered.acknowledged


def require_topic(settings: Settings, topic: str) -> None:
    """Raise :class:`BulkError` unless the broker answers and has ``topic``."""
    sending = producer(settings, ANSWER_SECONDS, linger_ms=20, max_bytes=settings.kafka.max_message_bytes)
    _check_topic(sending, settings.kafka_servers, topic)


class _Delivered:
    """Counts what the broker answers."""

    def __init__(self, progress: Progress) -> None:
        self.acknowledged = 0
        self.failures: Counter[str] = Counter()
        self._progress, self._said = progress, time.monotonic()

    def __call__(self, error: KafkaError | None, _message: Any) -> None:
        if error is not None:
            self.failures[error.str()] += 1
            return
        self.acknowledged += 1
        if time.monotonic() - self._said > 0.2:
            self.report()

    def report(self) -> None:
        self._said = time.monotonic()
        self._progress(self.acknowledged)


def _check_topic(sending: Producer, servers: str, topic: str) -> None:
    try:
        topics = sending.list_topics(timeout=ANSWER_SECONDS).topics
    except KafkaException:
        raise BulkError(
            f"Kafka does not answer at {servers} within {ANSWER_SECONDS:g} s; is the stack up? (solera up)"
        ) from None
    if topic not in topics:
        there = ", ".join(sorted(name for name in topics if not name.startswith("__")))
        raise BulkError(f"there is no topic {topic}; there are: {there or 'none'}")


def _produce(sending: Producer, message: Message, headers: Headers, delivered: _Delivered) -> None:
    while True:
        try:
            sending.produce(message.topic, message.value, message.key, on_delivery=delivered, headers=headers)
            sending.poll(0)
            return
        except BufferError:
            sending.poll(0.5)
        except KafkaException as error:
            delivered.failures[error.args[0].str()] += 1
            return
