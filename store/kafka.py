"""A query started before its topic's metadata is there dies at once, so the job waits for it."""

from __future__ import annotations

import time
from collections.abc import Collection

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from conf import Settings
from conf.refusal import Refusal

WAIT_SECONDS = 60.0
_PAUSE_SECONDS = 0.5


class TopicsAway(Refusal, ConnectionError):
    """Kafka does not answer, or does not know the topics."""


def wait_for_topics(settings: Settings, topics: Collection[str], seconds: float = WAIT_SECONDS) -> None:
    """Return once every partition of ``topics`` has a leader. Raises :class:`TopicsAway` after ``seconds``."""
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
