"""The sky over an installation, the light on its panels and what they generate, minute by minute, by pvlib."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from pvlib import irradiance, location, temperature

from ingest.catalogue.entries import InstallationEntry
from ingest.simulator.place import place
from ingest.simulator.truth.sites.described import Site
from ingest.simulator.truth.weather import HOUR, Weather

LOSSES = 0.9
"""The share that is left behind cables, inverter and mismatch."""
COLDER_GIVES = -0.0036
"""Part of a module's power by each degree above 25 °C."""
WIND_M_S = 2.0
CLOUD_MINUTES = 45.0
"""For so long a cloud is felt: the time constant of the sky's autoregression."""
Watts = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


class Sun(NamedTuple):
    """Power of the panels (W) in each minute, the light on them (W/m2), the share of a clear sky's light, °C."""

    generation: Watts
    light_w_m2: Values
    sky: Values
    air_c: Values
    module_c: Values


def sun(site: Site, index: pd.DatetimeIndex, chance: np.random.Generator, seed: int) -> Sun:
    """The sun of ``index``, the minutes of whole UTC days; the same for the same ``chance`` and ``seed``."""
    sky = _sky(len(index), chance)
    air_c = _air(site.entry, index, sky, seed)
    light, is_up = _light(site.entry, index, sky)
    module_c = temperature.faiman(light, air_c, WIND_M_S)
    watts = site.capacity_kw * LOSSES * light * (1 + COLDER_GIVES * (module_c - 25.0))
    generation = np.where(is_up, np.clip(watts, 0.0, site.capacity_kw * 1000), 0.0).round().astype(np.int64)
    return Sun(generation, light, sky, air_c, module_c)


def _light(entry: InstallationEntry, index: pd.DatetimeIndex, sky: Values) -> tuple[Values, npt.NDArray[np.bool_]]:
    """The light on the panels, and whether the sun is up."""
    at = location.Location(*place(entry))
    position, clear = at.get_solarposition(index), at.get_clearsky(index, model="ineichen", linke_turbidity=3.0)
    tilt = 30.0 if entry.tilt_deg is None else entry.tilt_deg
    azimuth = 180.0 if entry.azimuth_deg is None else entry.azimuth_deg
    plane = irradiance.get_total_irradiance(
        tilt, azimuth, position["apparent_zenith"], position["azimuth"], clear["dni"], clear["ghi"], clear["dhi"]
    )["poa_global"].fillna(0.0)
    return plane.to_numpy() * sky, position["apparent_elevation"].to_numpy() > 0


def clouds_of(sky: Values) -> list[float]:
    """The share of each hour's light that clouds took."""
    return [min(max(1.0 - light, 0.0), 1.0) for light in sky.reshape(-1, 60).mean(axis=1).tolist()]


def _air(entry: InstallationEntry, index: pd.DatetimeIndex, sky: Values, seed: int) -> Values:
    """The warmth that AEMET's stations tell of the place, between the hours in a straight line."""
    begin: datetime = index[0].to_pydatetime()
    hours = [begin + n * HOUR for n in range(len(index) // 60 + 1)]
    name = entry.municipality_code or entry.installation_id
    weather = Weather(name, seed, dict(zip(hours, clouds_of(sky), strict=False)), place(entry)[0])
    warmth = [weather.at(hour).temperature_c for hour in hours]
    return np.interp(np.arange(len(index)) / 60, np.arange(len(hours)), warmth)


def _sky(minutes: int, chance: np.random.Generator) -> Values:
    """The share of a clear sky's light in each minute: an autoregression about each day's mean."""
    means = np.repeat(chance.beta(2.5, 1.2, minutes // 1440), 1440)
    keep = np.exp(-1 / CLOUD_MINUTES)
    noise = chance.normal(0, 0.25 * np.sqrt(1 - keep**2), minutes)
    deviation = np.empty(minutes)
    last = 0.0
    for minute in range(minutes):
        last = keep * last + noise[minute]
        deviation[minute] = last
    clipped: Values = np.clip(means + deviation, 0.05, 1.05)
    return clipped
