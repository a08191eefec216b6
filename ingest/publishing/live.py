"""Sends a batch of messages and says of each whether the broker has acknowledged it; in order, every wait bounded.

For the gateway, which keeps what is not acknowledged. Whoever can ask or read again publishes with
:mod:`ingest.publishing.bulk`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from confluent_kafka import KafkaError

from conf import Settings
from ingest.publishing.message import Message, PublishError
from ingest.publishing.producer import producer, signing

FLUSH_MARGIN_SECONDS = 1.0
"""The producer gives each message up after the wait; this is for telling so."""


class Publisher:
    """Publishes to the brokers, waiting at most ``wait_seconds`` for each call's messages."""

    def __init__(self, settings: Settings, wait_seconds: float = 10.0) -> None:
        self._servers, self._wait = settings.kafka_servers, wait_seconds
        self._producer = producer(settings, wait_seconds, linger_ms=0)
        self._sign = signing(settings)

    def send(self, messages: Sequence[Message]) -> None:
        """Send ``messages`` in order and return once all are acknowledged; raises :class:`PublishError`.

        After an error use another publisher: this one may still be trying.
        """
        acknowledged = [False] * len(messages)
        failures: list[str] = []

        def delivered(number: int, error: KafkaError | None, _message: object) -> None:
            acknowledged[number] = error is None
            if error is not None:
                failures.append(error.str())

        for number, message in enumerate(messages):
            self._producer.produce(
                message.topic,
                key=message.key,
                value=message.value,
                headers=self._sign(message),
                on_delivery=partial(delivered, number),
            )
        self._producer.flush(self._wait + FLUSH_MARGIN_SECONDS)
        if not all(acknowledged):
            raise PublishError(self._explain(messages, acknowledged, failures), acknowledged)

    def _explain(self, messages: Sequence[Message], acknowledged: Sequence[bool], failures: Sequence[str]) -> str:
        topics = ", ".join(sorted({message.topic for message in messages}))
        return (
            f"Kafka at {self._servers} acknowledged {sum(acknowledged)} of {len(messages)} messages of {topics} "
            f"within {self._wait:g} s" + (f": {failures[0]}" if failures else "")
        )
