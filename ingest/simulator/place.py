"""The place of a simulated installation."""

from __future__ import annotations

from ingest.catalogue.entries import InstallationEntry

MADRID = (40.4, -3.7)
"""The place of one whose file says nothing."""


def place(entry: InstallationEntry) -> tuple[float, float]:
    """Latitude and longitude."""
    if entry.latitude is None or entry.longitude is None:
        return MADRID
    return entry.latitude, entry.longitude
