"""An MQTT payload: a plain number, numbers with commas between, or JSON with values at paths in it."""

from __future__ import annotations

import json
import math
from datetime import datetime, timezone
from typing import Any

from conf.refusal import Refusal
from store.mqtt import MOST_PAYLOAD_BYTES

MILLISECONDS = 1e11
"""A Unix time beyond it is in milliseconds."""


class NoValue(Refusal):
    """A payload that has no number, or no time, where the rule says; the text says which."""


def content_of(payload: bytes) -> Any:
    """The payload's JSON, or its numbers. Raises :class:`NoValue`."""
    if len(payload) > MOST_PAYLOAD_BYTES:
        raise NoValue(f"more than {MOST_PAYLOAD_BYTES} bytes")
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        pass
    try:
        numbers = [float(each) for each in payload.decode("ascii").split(",")]
    except ValueError:
        raise NoValue("neither JSON nor a number") from None
    return numbers if len(numbers) > 1 else numbers[0]


def number_at(content: Any, path: str | None) -> float:
    """The number at ``path``: names and positions with dots between; the content itself without one.

    Raises :class:`NoValue`.
    """
    found = _at(content, path)
    try:
        value = math.nan if isinstance(found, bool) else float(found)
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise NoValue(f"no number at {path}" if path else "no number")
    return value


def time_at(content: Any, path: str) -> datetime:
    """The instant (UTC) at ``path``: Unix seconds or milliseconds, or RFC 3339 with its offset. Raises ``NoValue``."""
    found = _at(content, path)
    try:
        if isinstance(found, str):
            instant = datetime.fromisoformat(found.replace("Z", "+00:00"))
            if instant.tzinfo is None:
                raise NoValue(f"the time at {path} has no offset")
            return instant.astimezone(timezone.utc)
        seconds = number_at(found, None)
        return datetime.fromtimestamp(seconds / 1000 if seconds > MILLISECONDS else seconds, timezone.utc)
    except (ValueError, OverflowError, OSError):
        raise NoValue(f"no time at {path}") from None


def _at(content: Any, path: str | None) -> Any:
    if path == "0" and isinstance(content, int | float):  # numbers with commas between, of which there is one
        return content
    for step in path.split(".") if path else ():
        if isinstance(content, dict) and step in content:
            content = content[step]
        elif isinstance(content, list) and step.isdecimal() and int(step) < len(content):
            content = content[int(step)]
        else:
            raise NoValue(f"nothing at {path}")
    return content
