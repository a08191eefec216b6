"""The local servers that answer as AEMET and the sources of prices do, and what would go to Kafka."""

from __future__ import annotations

from typing import Any

import pytest

from conf import Settings
from ingest.sources import backfill
from tests.unit.ingest.sources.test_aemet import aemet, service, waits
from tests.unit.ingest.sources.test_price_sources import sources

__all__ = ["aemet", "published", "service", "sources", "waits"]


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The messages that would have gone to Kafka."""
    sent: list[Any] = []

    def publish(_settings: Settings, _topic: str, messages: Any) -> int:
        found = list(messages)
        sent.extend(found)
        return len(found)

    monkeypatch.setattr(backfill, "publish_all", publish)
    monkeypatch.setattr(backfill, "require_topic", lambda *_: None)
    return sent
