"""Where the sun stands and what a clear sky would give, by pvlib, from nothing but time and place.

Times are UTC instants (aware datetimes, or numpy/pandas values taken as UTC); answers are arrays of the same length.
For the energy of a period ask for its middle.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pvlib import atmosphere, clearsky, irradiance, solarposition

Array = NDArray[np.float64]
LINKE_TURBIDITY = 3.5
"""Turbidity of a temperate, inhabited place over the year; fixed, so that no table is looked up."""


class SunPosition(NamedTuple):
    """Apparent zenith and azimuth (degrees, azimuth clockwise from north)."""

    zenith: Array
    azimuth: Array


class ClearSky(NamedTuple):
    """Irradiance under a clear sky, W/m2: global and diffuse horizontal, direct normal."""

    ghi: Array
    dni: Array
    dhi: Array


def _index(times: Any) -> pd.DatetimeIndex:
    index: pd.DatetimeIndex = pd.DatetimeIndex(pd.to_datetime(times, utc=True))
    return index


def sun_position(times: Any, latitude: float, longitude: float, altitude_m: float = 0.0) -> SunPosition:
    """Position of the sun (NREL SPA) at ``times``, refraction included."""
    found = solarposition.get_solarposition(_index(times), latitude, longitude, altitude=altitude_m)
    return SunPosition(found["apparent_zenith"].to_numpy(float), found["azimuth"].to_numpy(float))


def clear_sky(times: Any, latitude: float, longitude: float, altitude_m: float = 0.0) -> ClearSky:
    """Clear-sky irradiance (Ineichen and Perez 2002) at a fixed turbidity; 0 at night."""
    return _clear_sky(_index(times), sun_position(times, latitude, longitude, altitude_m), altitude_m)


def clear_sky_on_plane(
    times: Any,
    latitude: float,
    longitude: float,
    tilt_deg: float,
    azimuth_deg: float,
    altitude_m: float = 0.0,
) -> Array:
    """Clear-sky irradiance (W/m2) on a plane tilted ``tilt_deg`` and facing ``azimuth_deg`` (180 = south).

    Isotropic diffuse sky, albedo 0.25; never below 0.
    """
    sun = sun_position(times, latitude, longitude, altitude_m)
    sky = _clear_sky(_index(times), sun, altitude_m)
    total = irradiance.get_total_irradiance(
        tilt_deg, azimuth_deg, sun.zenith, sun.azimuth, sky.dni, sky.ghi, sky.dhi, model="isotropic"
    )
    return np.maximum(np.nan_to_num(np.asarray(total["poa_global"], float)), 0.0)


def _clear_sky(index: pd.DatetimeIndex, sun: SunPosition, altitude_m: float) -> ClearSky:
    airmass = atmosphere.get_absolute_airmass(
        atmosphere.get_relative_airmass(sun.zenith), atmosphere.alt2pres(altitude_m)
    )
    extra = irradiance.get_extra_radiation(index).to_numpy(float)
    with np.errstate(divide="ignore"):  # the model divides by the altitude of a sun that has set
        found = clearsky.ineichen(sun.zenith, airmass, LINKE_TURBIDITY, altitude_m, extra)
    return ClearSky(*(np.nan_to_num(np.asarray(found[name], float)) for name in ("ghi", "dni", "dhi")))
