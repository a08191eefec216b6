"""Rights on Kafka's topics on one machine: each service writes and reads its own, analysts only read."""

from __future__ import annotations

from collections.abc import Iterator

from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType
from kafka.admin import KafkaAdminClient as Admin

from conf import Settings
from conf.logins import PREFIX
from energy.topics import QUARANTINE, TOPICS
from store.kafka import kafka_python

WRITES = {
    "ingest": tuple(TOPICS),
    "speed": (QUARANTINE,),
    # The night asks the sources for what is missing.
    "batch": ("intervals", "weather", "prices", QUARANTINE),
}
READS = {
    "speed": tuple(TOPICS),
    "batch": tuple(TOPICS),
    "analyst": (*TOPICS, QUARANTINE),
}
GROUPS = {"speed": "spark-kafka-", "batch": "spark-kafka-", "analyst": f"{PREFIX}analyst"}
"""The beginning of the names of a reader's consumer groups."""


def grant(settings: Settings) -> None:
    """Give each role its rights; again changes nothing. Whoever else comes, but for the stack's owner, has none."""
    admin = Admin(**kafka_python(settings), request_timeout_ms=10_000, bootstrap_timeout_ms=5_000)
    try:
        admin.create_acls(list(_rights()))
    finally:
        admin.close()


def _rights() -> Iterator[ACL]:
    for operation, topics_of in ((ACLOperation.WRITE, WRITES), (ACLOperation.READ, READS)):
        for role, topics in topics_of.items():
            for topic in topics:
                yield _right(role, operation, ResourcePattern(ResourceType.TOPIC, topic))
    for role, prefix in GROUPS.items():
        groups = ResourcePattern(ResourceType.GROUP, prefix, ACLResourcePatternType.PREFIXED)
        yield _right(role, ACLOperation.READ, groups)


def _right(role: str, operation: ACLOperation, resource: ResourcePattern) -> ACL:
    return ACL(f"User:{PREFIX}{role}", "*", operation, ACLPermissionType.ALLOW, resource)
