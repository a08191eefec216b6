"""What an installation truly generates and uses, minute by minute: panels by pvlib under clouds, use by its kind.

Powers are whole watts and constant within their minute, so that energy is exact in whole mWh however it is summed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from pvlib import irradiance, location

from ingest.catalogue.entries import InstallationEntry

MINUTE = timedelta(minutes=1)
MADRID = (40.4, -3.7)
"""Where an installation stands whose place is not known."""
CAPACITY_KW = {"home": 4.0, "farm": 60.0, "park": 1_000.0}
KW_OF_STRING = 6.0
LOSSES = 0.86
"""Of cables, inverter, dirt and heat."""
CLOUD_MINUTES = 45.0
"""For so long a cloud is felt: the time constant of the sky's autoregression."""
Watts = npt.NDArray[np.int64]


class Flows(NamedTuple):
    """Generation and use of each minute from ``start`` (UTC) on, in W; ``sky``: the share of a clear sky's light."""

    start: datetime
    generation: Watts
    use: Watts
    sky: npt.NDArray[np.float64]

    @property
    def imported(self) -> Watts:
        """W from the grid."""
        taken: Watts = np.maximum(self.use - self.generation, 0)
        return taken

    @property
    def exported(self) -> Watts:
        """W to the grid."""
        given: Watts = np.maximum(self.generation - self.use, 0)
        return given


def capacity_kw(entry: InstallationEntry) -> float:
    """What its panels are built for: as stated, else as usual for its kind."""
    return entry.capacity_kw or CAPACITY_KW.get(entry.kind or "home", CAPACITY_KW["home"])


def strings(entry: InstallationEntry) -> int:
    """In how many strings its panels are."""
    return max(2, round(capacity_kw(entry) / KW_OF_STRING))


def flows(entry: InstallationEntry, start: datetime, days: int, chance: np.random.Generator) -> Flows:
    """Those of ``entry`` in whole UTC days from ``start`` on; the same for the same ``chance``."""
    index = pd.date_range(start, periods=days * 1440, freq="min")
    sky = _sky(len(index), chance)
    generated = _generation(entry, index, sky)
    return Flows(start, generated, _use(entry, index, chance), sky)


def _generation(entry: InstallationEntry, index: pd.DatetimeIndex, sky: npt.NDArray[np.float64]) -> Watts:
    latitude, longitude = (entry.latitude, entry.longitude) if entry.latitude is not None else MADRID
    place = location.Location(latitude, longitude or 0.0)
    position, clear = place.get_solarposition(index), place.get_clearsky(index, model="ineichen", linke_turbidity=3.0)
    tilt = 30.0 if entry.tilt_deg is None else entry.tilt_deg
    azimuth = 180.0 if entry.azimuth_deg is None else entry.azimuth_deg
    plane = irradiance.get_total_irradiance(
        tilt, azimuth, position["apparent_zenith"], position["azimuth"], clear["dni"], clear["ghi"], clear["dhi"]
    )["poa_global"].fillna(0.0)
    kw = capacity_kw(entry)
    watts = np.minimum(kw * 1000 * LOSSES * plane.to_numpy() / 1000 * sky, kw * 1000)
    return np.where(position["apparent_elevation"].to_numpy() > 0, watts, 0).round().astype(np.int64)


def _sky(minutes: int, chance: np.random.Generator) -> npt.NDArray[np.float64]:
    """The share of a clear sky's light in each minute: an autoregression about each day's mean."""
    means = np.repeat(chance.beta(2.5, 1.2, minutes // 1440), 1440)
    keep = np.exp(-1 / CLOUD_MINUTES)
    noise = chance.normal(0, 0.25 * np.sqrt(1 - keep**2), minutes)
    deviation = np.empty(minutes)
    last = 0.0
    for minute in range(minutes):
        last = keep * last + noise[minute]
        deviation[minute] = last
    clipped: npt.NDArray[np.float64] = np.clip(means + deviation, 0.05, 1.05)
    return clipped


def _use(entry: InstallationEntry, index: pd.DatetimeIndex, chance: np.random.Generator) -> Watts:
    """A home's mornings and evenings, a farm's pumps by day, a park's own needs."""
    local = index.tz_convert(entry.time_zone or "Europe/Madrid")
    hour = (local.hour + local.minute / 60).to_numpy()
    if entry.kind == "park":
        watts = np.full(len(index), 5.0 * capacity_kw(entry))
    elif entry.kind == "farm":
        runs = np.repeat(chance.random(len(index) // 60) < 0.6, 60)
        watts = 800 + 15_000.0 * (runs & (hour >= 7) & (hour < 20))
    else:
        bumps = 500 * np.exp(-((hour - 8) ** 2) / 2) + 900 * np.exp(-((hour - 21) ** 2) / 5)
        appliance = np.repeat(chance.random(len(index) // 15) < 0.06, 15) * 1_800.0
        watts = 180 + bumps + appliance
    used: Watts = np.maximum(watts + chance.normal(0, 20, len(index)), 0).round().astype(np.int64)
    return used
