"""The key of table ``alarm``: the layer that raised an alarm, and its month or the standing ones; and its kinds."""

from __future__ import annotations

LAYERS = ("speed", "batch")
"""Each writes its own rows."""
STANDING = "standing"
"""``state`` of the rows of alarms that are not cleared; every alarm has a row under its month, ``2026-11``, too."""
SILENT = "silent"
"""A device was silent for whole days (UTC) from ``raised_at`` on; batch layer."""
SILENT_TODAY = "silent today"
"""A device was last heard at ``raised_at``, and was heard at this time of the day before; speed layer."""
DRIFT = " forecast drift"
"""End of the kind of a forecast that drifts, after its quantity; batch layer."""
NOW, THEN = "now", "then"
"""Figures of a drift: the forecast's error as a share of the naive one's, in the last days and in the weeks before."""
NO_FILE = "coefficient file"
"""A community shares by the hour, and its agreement lacks the file of the year that runs; batch layer."""
YEAR = "year"
"""The figure of such an alarm."""
FORECAST_OF = ("generation", "consumption")
KINDS = (SILENT, SILENT_TODAY, NO_FILE, *(f"{quantity}{DRIFT}" for quantity in FORECAST_OF))
"""Every kind of alarm that a layer raises."""
