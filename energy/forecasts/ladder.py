"""The ladder: what a forecast hour rests on, from the best rung to the last.

Every forecast names its rung (column and field ``step``), so that a reader sees when its best source failed.
"""

from __future__ import annotations

from typing import Literal

Rung = Literal["weather", "history", "climatology", "persistence", "night"]

WEATHER: Rung = "weather"
"""A weather forecast, whose age the row says, and what the installation did before."""
HISTORY: Rung = "history"
"""The rung of a forecast from what the installation did before, without weather."""
CLIMATOLOGY: Rung = "climatology"
"""Season and hour alone."""
PERSISTENCE: Rung = "persistence"
"""The same hour of the last known day."""
NIGHT: Rung = "night"
"""The sun is down, so a plant gives nothing."""
