"""Sends messages to Kafka and says which of them the broker has acknowledged; idempotent, every wait bounded."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from energy.records import MESSAGE_KEY
from ingest.outbox import Message


class PublishError(RuntimeError):
    """Some messages were not acknowledged; the text says what was waited for, and how long.

    ``acknowledged`` tells for each message of the call, in order, whether the broker has it.
    """

    def __init__(self, text: str, acknowledged: Sequence[bool] = ()) -> None:
        super().__init__(text)
        self.acknowledged = acknowledged


class Publisher:
    """A producer on ``servers`` that waits at most ``wait_seconds`` for the broker, at each step.

    Raises :class:`PublishError` if the broker can't be reached.
    """

    def __init__(self, servers: str, wait_seconds: float = 10.0) -> None:
        self._servers, self._wait = servers, wait_seconds
        milliseconds = int(wait_seconds * 1000)
        try:
            self._producer = KafkaProducer(
                bootstrap_servers=servers.split(","),
                acks="all",
                enable_idempotence=True,
                linger_ms=0,
                bootstrap_timeout_ms=milliseconds,
                max_block_ms=milliseconds,
                request_timeout_ms=milliseconds // 2,
                delivery_timeout_ms=milliseconds,
                reconnect_backoff_max_ms=500,  # fresh data within seconds of the broker's return
                max_request_size=4 * 1024 * 1024,
            )
        except KafkaError as error:
            raise PublishError(f"Kafka at {servers} gave no answer within {wait_seconds:g} s: {error}") from None

    def send(self, messages: Sequence[Message]) -> None:
        """Send ``messages`` in order and return once all are acknowledged; raises :class:`PublishError`."""
        deadline = time.monotonic() + self._wait
        futures: list[Any] = []
        failure: Exception | None = None
        try:
            for message in messages:
                futures.append(self._producer.send(message.topic, key=message.key, value=message.value))
        except KafkaError as error:
            failure = error
        acknowledged = []
        for future in futures:
            try:
                future.get(timeout=max(0.0, deadline - time.monotonic()) + 0.01)
                acknowledged.append(True)
            except KafkaError as error:
                failure = failure or error
                acknowledged.append(False)
        if failure is not None:
            acknowledged += [False] * (len(messages) - len(futures))
            raise PublishError(self._explain(messages, acknowledged, failure), acknowledged)

    def _explain(self, messages: Sequence[Message], acknowledged: Sequence[bool], failure: Exception) -> str:
        topics = ", ".join(sorted({message.topic for message in messages}))
        return (
            f"Kafka at {self._servers} acknowledged {sum(acknowledged)} of {len(messages)} messages of {topics} "
            f"within {self._wait:g} s: {failure}"
        )

    def close(self) -> None:
        """Give up what is not acknowledged, within a second."""
        self._producer.close(timeout=1)


def message(topic: str, record: Mapping[str, Any]) -> Message:
    """``record`` as a message of ``topic``: JSON in UTF-8, keyed as the topic's contract says."""
    value = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    return Message(topic, str(record[MESSAGE_KEY[topic]]).encode(), value)
