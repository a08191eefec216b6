"""The published cut: from it on the speed view answers, before it the batch view."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Any

FRESH_SECONDS = 2.0
_RUNS_READ = 20
"""Newest runs looked at; those not yet published are skipped."""


class CutReader:
    """The cut of the newest published run, as last read."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._read_at = float("-inf")
        self._cut: datetime | None = None

    def current(self) -> datetime | None:
        """The cut (UTC), at most :data:`FRESH_SECONDS` old; nothing before the first night."""
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            self._read_at = time.monotonic()
            query = f"SELECT published, cut FROM run WHERE name = 'nightly' LIMIT {_RUNS_READ}"  # noqa: S608
            cuts = [row.cut for row in self._session.execute(query) if row.published is not None and row.cut]
            self._cut = max(cuts).replace(tzinfo=timezone.utc) if cuts else None
        return self._cut
