"""Publishes the demo homes' history to topic ``intervals``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from conf import Settings
from energy.topics import TopicName
from ingest.publishing.bulk import Progress, publish_all
from ingest.publishing.message import message
from ingest.simulator.homes import Home, history

TOPIC: TopicName = "intervals"


def publish_history(
    settings: Settings,
    homes: Sequence[Home],
    cut: datetime,
    days: int = 365,
    progress: Progress = lambda _acknowledged: None,
) -> int:
    """Publish the hours of the ``days`` UTC days before ``cut``; how many messages were acknowledged.

    Published again, the same hours are the same bytes. Raises :class:`ingest.publishing.bulk.BulkError`.
    """
    messages = (message(TOPIC, record) for record in history(homes, cut, days))
    return publish_all(settings, TOPIC, messages, progress=progress)
