"""Messages of a topic: records as JSON in UTF-8, keyed as the topic's contract says, or bytes as they stand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from conf.refusal import Refusal
from energy.topics import TOPICS, TopicName
from store.instants import rfc3339


class Message(NamedTuple):
    """One message of a topic; ``key`` None leaves the partition to the producer."""

    topic: str
    key: bytes | None
    value: bytes


def message(topic: TopicName, record: Mapping[str, Any]) -> Message:
    """``record`` as a message of ``topic``; instants are written as RFC 3339."""
    value = json.dumps(record, default=rfc3339, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return Message(topic, str(record[TOPICS[topic].message_key]).encode(), value)


class PublishError(Refusal):
    """Some messages were not acknowledged; the text says what was waited for, and how long.

    ``acknowledged`` tells for each message of the call, in order, whether the broker has it.
    """

    def __init__(self, text: str, acknowledged: Sequence[bool] = ()) -> None:
        super().__init__(text)
        self.acknowledged = acknowledged
