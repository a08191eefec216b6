"""What stands in a topic of a real broker."""

from __future__ import annotations

from typing import Any

from kafka import KafkaConsumer, TopicPartition

from conf import Settings
from store.kafka import kafka_python


def messages(settings: Settings, topic: str) -> list[Any]:
    """Every message of ``topic``, of each partition in order."""
    consumer = KafkaConsumer(**kafka_python(settings), enable_auto_commit=False)
    try:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        found: list[Any] = []
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for records in consumer.poll(timeout_ms=1000).values():
                found += records
        return found
    finally:
        consumer.close()
