"""The key of table ``alarm``: the layer that raised an alarm, and its month or the standing ones."""

from __future__ import annotations

LAYERS = ("speed", "batch")
"""Each writes its own rows."""
STANDING = "standing"
"""``state`` of the rows of alarms that are not cleared; every alarm has a row under its month, ``2026-11``, too."""
