"""What Kafka itself says of topics: whether they can be read, and where they end."""

from __future__ import annotations

import time
from collections.abc import Collection

from confluent_kafka import Consumer, KafkaException, TopicPartition
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from conf import Settings
from conf.refusal import Refusal

WAIT_SECONDS = 60.0
_PAUSE_SECONDS = 0.5
ASK_SECONDS = 2.0


class TopicsAway(Refusal, ConnectionError):
    """Kafka does not answer, or does not know the topics."""


def wait_for_topics(settings: Settings, topics: Collection[str], seconds: float = WAIT_SECONDS) -> None:
    """Return once every partition of ``topics`` has a leader: a query that starts sooner dies at once.

    Raises :class:`TopicsAway` after ``seconds``.
    """
    deadline = time.monotonic() + seconds
    missing = set(topics)
    reason = ""
    while time.monotonic() < deadline:
        try:
            missing = set(topics) - _with_leaders(settings, topics)
        except KafkaError as error:
            reason = f" ({error})"
        else:
            if not missing:
                return
        time.sleep(_PAUSE_SECONDS)
    raise TopicsAway(
        f"Kafka at {settings.kafka_servers} did not show topic {', '.join(sorted(missing))} "
        f"within {seconds:.0f} s{reason}: is it up? `solera up` makes the topics."
    )


def _with_leaders(settings: Settings, topics: Collection[str]) -> set[str]:
    admin = KafkaAdminClient(bootstrap_servers=settings.kafka_servers)
    try:
        described = admin.describe_topics(list(topics))
    finally:
        admin.close()
    return {
        topic["name"]
        for topic in described
        if not topic["error_code"]
        and topic["partitions"]
        and all(partition["leader_id"] >= 0 for partition in topic["partitions"])
    }


class Ends:
    """Where a topic ends, asked of the broker itself: a query that hangs knows of no news."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._topic = topic
        self._consumer = Consumer(
            {"bootstrap.servers": settings.kafka_servers, "group.id": "solera-ends", "enable.auto.commit": False}
        )

    def read(self) -> dict[str, int] | None:
        """The offset behind the last message of each partition; None where no broker answers."""
        try:
            partitions = self._consumer.list_topics(self._topic, ASK_SECONDS).topics[self._topic].partitions
            return {str(partition): self._end(partition) for partition in partitions}
        except KafkaException:
            return None

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()

    def _end(self, partition: int) -> int:
        _, end = self._consumer.get_watermark_offsets(TopicPartition(self._topic, partition), ASK_SECONDS, cached=False)
        return int(end)
