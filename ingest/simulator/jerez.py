"""The demo's Spanish home: a year of a simulated world's sun and loads, which recurs as that of the 17 homes does.

The year is made once and kept beside the homes' files: it takes seconds, and its registers must not move.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.simulator.homes import CYCLE_HOURS, CYCLE_START, Home, cycle_hour, devices
from ingest.simulator.truth.weather import HOUR, Weather
from store.reports import replace_text

JEREZ, MUNICIPALITY, SEED = "jerez", "11020", 1
LATITUDE, CAPACITY_KW = 36.69, 4.0
CLOUDS_BEFORE, CLOUDS_AHEAD = timedelta(days=1), timedelta(days=8)
"""The hours about now whose clouds a service of weather speaks of."""
_PLACE = {
    "installation_id": JEREZ,
    "name": "Jerez, a simulated home",
    "kind": "home",
    "capacity_kw": CAPACITY_KW,
    "latitude": LATITUDE,
    "longitude": -6.14,
    "time_zone": "Europe/Madrid",
    "municipality_code": MUNICIPALITY,
}
FILE = "jerez-1.json"
"""Another year has another name."""


class Jerez(NamedTuple):
    """The home, and the share of each hour's light that clouds took, from ``CYCLE_START`` on."""

    home: Home
    clouds: Sequence[float]

    def weather(self, now: datetime) -> Weather:
        """The weather of the days about ``now`` (UTC)."""
        first = now.replace(minute=0, second=0, microsecond=0) - CLOUDS_BEFORE
        hours = [first + n * HOUR for n in range((CLOUDS_BEFORE + CLOUDS_AHEAD) // HOUR)]
        return Weather(MUNICIPALITY, SEED, {hour: self.clouds[cycle_hour(hour)] for hour in hours}, LATITUDE)


def load_jerez(cache: Path) -> Jerez:
    """The home, from its file below ``cache``, which is made where it is not there."""
    path = cache / FILE
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        replace_text(path, json.dumps(_simulated()))
    kept = json.loads(path.read_text(encoding="utf-8"))
    home = Home(JEREZ, str(_PLACE["name"]), CAPACITY_KW, kept["generation"], kept["consumption"])
    return Jerez(home, kept["clouds"])


def entry(home: Home, host: str, port: int, number: int) -> dict[str, Any]:
    """The entry of ``home`` for ``solera register``, the ``number``-th whose devices are behind ``host:port``."""
    return {**_PLACE, "devices": devices(home, host, port, number)}


def _simulated() -> dict[str, list[Any]]:
    """Generation and consumption (mWh) and clouds of each hour from ``CYCLE_START`` on, the same at every call."""
    # pvlib takes seconds to import, and is needed once.
    from ingest.simulator.truth.flows import flows, minutes
    from ingest.simulator.truth.sites.described import parse_sites
    from ingest.simulator.truth.sites.sun import clouds_of, sun

    (site,) = parse_sites([_PLACE])
    chance = np.random.default_rng(SEED)
    before = CYCLE_START.hour
    index = minutes(CYCLE_START - before * HOUR, 1 + CYCLE_HOURS // 24)
    under = sun(site, index, chance, SEED)
    own = flows(site, index, under, chance)
    of_hours = {"generation": _milliwatthours(own.generation), "consumption": _milliwatthours(own.use)}
    of_hours["clouds"] = clouds_of(under.sky)
    return {name: values[before : before + CYCLE_HOURS] for name, values in of_hours.items()}


def _milliwatthours(watts: npt.NDArray[np.int64]) -> list[Any]:
    """Of each hour."""
    sums: npt.NDArray[np.float64] = watts.reshape(-1, 60).sum(axis=1) * 1000 / 60
    rounded: list[Any] = np.rint(sums).astype(np.int64).tolist()
    return rounded
