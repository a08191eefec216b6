"""The height of the sun, without pvlib: for a gateway at the edge, which has no room for it."""

from __future__ import annotations

from datetime import datetime, timezone
from math import asin, atan2, cos, degrees, radians, sin

_NOON_2000 = datetime(2000, 1, 1, 12, tzinfo=timezone.utc)
_DAY_SECONDS = 86_400.0


def elevation(at: datetime, latitude: float, longitude: float) -> float:
    """Degrees of the sun's centre above the horizon of a place (degrees north and east), within half a degree.

    By the Astronomical Almanac's low-precision formulas, without refraction.
    """
    days = (at - _NOON_2000).total_seconds() / _DAY_SECONDS
    anomaly = radians(357.529 + 0.98560028 * days)
    ecliptic = radians(280.459 + 0.98564736 * days + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly))
    tilt = radians(23.439 - 0.00000036 * days)
    ascension = atan2(cos(tilt) * sin(ecliptic), cos(ecliptic))
    declination = asin(sin(tilt) * sin(ecliptic))
    sidereal_hours = 18.697374558 + 24.06570982441908 * days
    hour_angle = radians(sidereal_hours * 15 + longitude) - ascension
    north = radians(latitude)
    return degrees(asin(sin(north) * sin(declination) + cos(north) * cos(declination) * cos(hour_angle)))
