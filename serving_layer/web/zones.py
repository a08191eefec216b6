"""The zone in which the days of an installation begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from serving_layer import instants


def zone_of(row: Mapping[str, Any]) -> ZoneInfo:
    """The zone of a row of the catalogue; UTC where it names none that is known."""
    try:
        return instants.zone(str(row.get("time_zone", "UTC")))
    except instants.BadInstant:
        return ZoneInfo("UTC")
