"""Kafka's clients: how each library comes in, whether topics can be read, and where they end."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from conf import Settings, logins
from conf.refusal import Refusal

WAIT_SECONDS = 60.0
_PAUSE_SECONDS = 0.5
ASK_SECONDS = 2.0
DELETE_SECONDS = 30.0


class TopicsAway(Refusal, ConnectionError):
    """Kafka does not answer, or does not know the topics."""


def confluent(settings: Settings) -> dict[str, Any]:
    """Brokers and login as confluent-kafka's configuration."""
    found = {"bootstrap.servers": settings.kafka_servers}
    if login := logins.kafka(settings):
        found |= _security(settings) | {"sasl.username": login.user, "sasl.password": login.password}
    return found


def kafka_python(settings: Settings) -> dict[str, Any]:
    """Brokers and login as arguments of kafka-python's clients."""
    found = {"bootstrap_servers": settings.kafka_servers}
    if login := logins.kafka(settings):
        found |= {name.replace(".", "_"): value for name, value in _security(settings).items()}
        found |= {"sasl_plain_username": login.user, "sasl_plain_password": login.password}
    return found


def spark_options(settings: Settings) -> dict[str, str]:
    """Brokers and login as options of Spark's source and sink."""
    found = {"kafka.bootstrap.servers": settings.kafka_servers}
    if login := logins.kafka(settings):
        found |= {f"kafka.{name}": value for name, value in _security(settings).items()}
        module = "plain.Plain" if settings.kafka.sasl_mechanism == "PLAIN" else "scram.Scram"
        found["kafka.sasl.jaas.config"] = (
            f"org.apache.kafka.common.security.{module}LoginModule required "
            f'username="{login.user}" password="{login.password}";'
        )
    return found


def _security(settings: Settings) -> dict[str, str]:
    conf = settings.kafka
    return {"security.protocol": conf.security_protocol, "sasl.mechanism": conf.sasl_mechanism}


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
    admin = KafkaAdminClient(**kafka_python(settings))
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
    """The end of a topic, asked of the broker itself: a query that hangs knows of no news."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._topic = topic
        self._consumer = Consumer(confluent(settings) | {"group.id": "solera-ends", "enable.auto.commit": False})

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
        return _watermarks(self._consumer, self._topic, partition)[1]


def beginnings(settings: Settings, topic: str) -> dict[int, int]:
    """The offset of the oldest message that each partition still holds. Raises :class:`TopicsAway`."""
    consumer = Consumer(confluent(settings) | {"group.id": "solera-beginnings", "enable.auto.commit": False})
    try:
        partitions = consumer.list_topics(topic, WAIT_SECONDS).topics[topic].partitions
        return {partition: _watermarks(consumer, topic, partition)[0] for partition in partitions}
    except KafkaException as error:
        raise TopicsAway(
            f"Kafka at {settings.kafka_servers} does not say where topic {topic} begins: {error}"
        ) from error
    finally:
        consumer.close()


def ends(settings: Settings, topic: str) -> dict[int, int]:
    """The offset behind the last message of each partition, now. Raises :class:`TopicsAway`."""
    reader = Ends(settings, topic)
    try:
        found = reader.read()
    finally:
        reader.close()
    if found is None:
        raise TopicsAway(f"Kafka at {settings.kafka_servers} does not answer: is it up (solera status)?")
    return {int(partition): end for partition, end in found.items()}


def topic_ids(settings: Settings, topics: Collection[str]) -> dict[str, str]:
    """The id of each topic: another one when it, or the brokers' disks, were made anew. Raises :class:`TopicsAway`."""
    admin = AdminClient(confluent(settings))
    try:
        asked = admin.describe_topics(TopicCollection(list(topics)), request_timeout=WAIT_SECONDS)
        return {topic: str(described.result().topic_id) for topic, described in asked.items()}
    except KafkaException as error:
        raise TopicsAway(f"Kafka at {settings.kafka_servers} does not answer: is it up (solera status)?") from error


def delete_before(settings: Settings, topic: str, offsets: Mapping[int, int]) -> int:
    """Have the brokers delete the messages of each partition that lie before the offset, and count them.

    Raises ``KafkaException``.
    """
    wanted = [TopicPartition(topic, partition, offset) for partition, offset in offsets.items() if offset]
    if not wanted:
        return 0
    first = beginnings(settings, topic)
    admin = AdminClient(confluent(settings))  # its answers come for as long as it lives
    for done in admin.delete_records(wanted).values():
        done.result(DELETE_SECONDS)
    return sum(max(0, each.offset - first[each.partition]) for each in wanted)


def _watermarks(consumer: Consumer, topic: str, partition: int) -> tuple[int, int]:
    low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), ASK_SECONDS, cached=False)
    return int(low), int(high)
