"""Numbers as people read them on the page."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from serving_layer.views.state import STALE_AFTER

NOTHING = "–"


def power(watts: float | None) -> tuple[str, str]:
    """Value and unit: W below one kilowatt, else kW."""
    if watts is None:
        return NOTHING, ""
    return (f"{watts:,.0f}", "W") if abs(watts) < 1000 else (f"{watts / 1000:,.2f}", "kW")


def energy(watt_hours: float | None) -> tuple[str, str]:
    """Value and unit: Wh below one kilowatt-hour, kWh, MWh from one thousand on."""
    if watt_hours is None:
        return NOTHING, ""
    if abs(watt_hours) < 1000:
        return f"{watt_hours:,.0f}", "Wh"
    return (f"{watt_hours / 1e3:,.1f}", "kWh") if abs(watt_hours) < 1e6 else (f"{watt_hours / 1e6:,.2f}", "MWh")


def age(seconds: float | None) -> str:
    """How long ago, roughly: 4 s, 12 min, 3 h, 2 days."""
    if seconds is None:
        return "never"
    seconds = max(0.0, seconds)
    for limit, unit, name in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 86_400:.0f} days"


def freshness(seconds: float | None) -> str:
    """``none``, ``live`` or ``stale``."""
    if seconds is None:
        return "none"
    return "live" if seconds <= STALE_AFTER.total_seconds() else "stale"


def moment(instant: datetime, zone: ZoneInfo) -> str:
    """Day and time where the installation is: Sat 21 Nov, 00:00."""
    return f"{instant.astimezone(zone):%a %-d %b, %H:%M}"
