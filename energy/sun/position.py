"""The place of the sun, and what a clear sky gives, hour by hour, by pvlib, from nothing but time and place."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from pvlib import irradiance, location

POSITION = "ephemeris"
"""pvlib's method: within 0.01° of NREL's above the horizon, at a tenth of the time; a thousand sites need it."""


class Plane(NamedTuple):
    """Tilt from the horizontal, and azimuth clockwise from north (180 = south), both in degrees."""

    tilt_deg: float
    azimuth_deg: float


def sun_over_hours(
    times: pd.DatetimeIndex, latitude: float, longitude: float, plane: Plane | None = None
) -> pd.DataFrame:
    """Sun over the hours that begin at ``times`` (UTC): elevation and azimuth (degrees), clear sky (W/m²).

    Taken at the half hour, refraction included; ``clear`` is the irradiance of ``plane``, or else the horizontal's.
    ``day`` says whether the sun is up at any moment of the hour. Clear sky after Ineichen and Perez (2002) with pvlib's
    climatological turbidity.
    """
    place = location.Location(latitude, longitude)
    middle = times + pd.Timedelta("30min")
    position = place.get_solarposition(middle, method=POSITION)
    clear = place.get_clearsky(middle, solar_position=position)
    total = clear["ghi"].to_numpy()
    if plane is not None:
        sky = clear["dni"], clear["ghi"], clear["dhi"]
        total = irradiance.get_total_irradiance(*plane, position["apparent_zenith"], position["azimuth"], *sky)[
            "poa_global"
        ].to_numpy()
    elevation = position["apparent_elevation"].to_numpy()
    edges = times.union(times + pd.Timedelta("1h"))
    at_edges = place.get_solarposition(edges, method=POSITION)["apparent_elevation"]
    first, last = (at_edges.reindex(times + pd.Timedelta(minutes=m)).to_numpy() for m in (0, 60))
    answer: pd.DataFrame = pd.DataFrame(
        {
            "elevation": elevation,
            "azimuth": position["azimuth"].to_numpy(),
            "clear": np.nan_to_num(total),
            "day": np.maximum.reduce([elevation, first, last]) > 0,
        },
        index=times,
    )
    return answer
