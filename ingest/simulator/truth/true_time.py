"""The true time of a simulated reading whose own time or record errs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from energy.topics import READING_AHEAD
from store.instants import instant_of

HEARD_AT = "heard_at"
"""Field of a reading that errs: its true time. No topic's record has it."""
Readings = list[dict[str, Any]]


def heard_at(reading: Mapping[str, Any]) -> datetime:
    """The true time of a reading (UTC), whatever time it says."""
    return instant_of(reading.get(HEARD_AT) or reading["time"])


def is_ahead(reading: Mapping[str, Any]) -> bool:
    """Whether its time lies so far ahead of the true one that it is refused there and then."""
    try:
        return instant_of(reading["time"]) - heard_at(reading) > READING_AHEAD
    except ValueError:  # no time at all
        return False
