"""Instants as messages write them."""

from __future__ import annotations

from datetime import datetime, timezone


def rfc3339(instant: datetime) -> str:
    """``instant`` in UTC, ``2026-11-21T00:00:00Z``, with milliseconds where there are any."""
    digits = "milliseconds" if instant.microsecond else "seconds"
    return instant.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec=digits) + "Z"
