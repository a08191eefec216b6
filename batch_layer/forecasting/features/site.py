"""Where a series stands, and what the sun does there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pvlib

GREATEST = 0.99
POSITION = "ephemeris"
"""pvlib's method: within 0.01° of NREL's above the horizon, at a tenth of the time; a thousand sites need it."""


@dataclass(frozen=True)
class Site:
    """Place and size of a series; every field may be unknown.

    ``capacity`` is in the unit of the series' values (an hour's greatest energy), tilt in degrees from the
    horizontal, azimuth in degrees clockwise from north. ``location`` names the place in the weather's own register.
    """

    latitude: float | None = None
    longitude: float | None = None
    capacity: float | None = None
    tilt: float | None = None
    azimuth: float | None = None
    zone: str | None = None
    location: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether a plant can be forecast that has not generated yet."""
        return None not in (self.latitude, self.longitude, self.capacity)

    def fits(self, seen: float) -> bool:
        """Whether the capacity is one for values of which ``GREATEST`` lie below ``seen``; none fits, and so does any
        where nothing was seen. One in another unit would clip every forecast, or make nothing of it."""
        return self.capacity is None or not seen > 0 or 0.5 < self.capacity / seen < 50


def sun(times: pd.DatetimeIndex, site: Site) -> pd.DataFrame | None:
    """Sun over the hours that begin at ``times``: elevation and azimuth (degrees), clear sky (W/m²).

    Taken at the half hour; ``clear`` is the plane's irradiance where the plane is known, else the horizontal's.
    ``day`` says whether the sun is up at any moment of the hour. None where the place is unknown. Clear sky
    after Ineichen and Perez (2002) with pvlib's climatological turbidity.
    """
    if site.latitude is None or site.longitude is None:
        return None
    place = pvlib.location.Location(site.latitude, site.longitude)
    middle = times + pd.Timedelta("30min")
    position = place.get_solarposition(middle, method=POSITION)
    clear = place.get_clearsky(middle, solar_position=position)
    plane = clear["ghi"].to_numpy()
    if site.tilt is not None and site.azimuth is not None:
        plane = pvlib.irradiance.get_total_irradiance(
            site.tilt,
            site.azimuth,
            position["apparent_zenith"],
            position["azimuth"],
            clear["dni"],
            clear["ghi"],
            clear["dhi"],
        )["poa_global"].to_numpy()
    elevation = position["apparent_elevation"].to_numpy()
    edges = times.union(times + pd.Timedelta("1h"))
    at_edges = place.get_solarposition(edges, method=POSITION)["apparent_elevation"]
    first, last = (at_edges.reindex(times + pd.Timedelta(minutes=m)).to_numpy() for m in (0, 60))
    day = np.maximum.reduce([elevation, first, last]) > 0
    answer: pd.DataFrame = pd.DataFrame(
        {
            "elevation": elevation,
            "azimuth": position["azimuth"].to_numpy(),
            "clear": np.nan_to_num(plane),
            "day": day,
        },
        index=times,
    )
    return answer
