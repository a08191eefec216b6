"""Records of a source that was asked, into their topic, and word of how many there were."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from conf import Settings
from energy.topics import TOPICS
from ingest.publishing.bulk import Keyed, publish_all
from store.instants import rfc3339

Told = Callable[[str], None]


def publish(settings: Settings, topic: str, records: Sequence[dict[str, Any]], name: str, told: Told) -> int:
    """Publish ``records`` of a source, telling how many of ``name`` there were; returns that. Raises
    :class:`ingest.publishing.bulk.BulkError`."""
    key = TOPICS[topic].message_key
    messages = (Keyed(record[key].encode(), json.dumps(record, default=rfc3339).encode()) for record in records)
    count = publish_all(settings, topic, messages) if records else 0
    told(f"{name}: {count} records" if count else f"{name}: not published by the source (yet)")
    return count
