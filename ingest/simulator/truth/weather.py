"""The weather of a world's place, hour by hour, and forecasts of it that err the more the farther they look ahead."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

CLOUD_ERROR, CLOUD_ERROR_OF_HOURS = 0.03, 0.02
"""Standard error of the clouds of now, and what the square root of the hours ahead adds."""
WARMTH_ERROR_C, WARMTH_ERROR_OF_HOURS_C = 0.3, 0.02
"""The same of the temperature, by each hour."""
HOUR = timedelta(hours=1)


class Conditions(NamedTuple):
    """Clouds (0 to 1), °C, m/s, the chance of rain (0 to 1), and % of humidity, of an hour."""

    cloud_fraction: float
    temperature_c: float
    wind_m_s: float
    gust_m_s: float
    rain: float
    humidity: float


class Weather:
    """The weather of one place by ``seed``; ``clouds`` by the hour (UTC), beyond which they are made as usual."""

    def __init__(self, name: str, seed: int, clouds: Mapping[datetime, float], latitude: float) -> None:
        self._name, self.known, self.latitude = f"{seed} {name}", clouds, latitude

    def at(self, hour: datetime) -> Conditions:
        """The true weather of the UTC ``hour``."""
        day = random.Random(f"{self._name} {hour.date()}")  # noqa: S311  no secret
        cloud = self.known.get(hour, day.betavariate(1.2, 2.5))
        season = -math.cos(2 * math.pi * (hour.timetuple().tm_yday - 15) / 365)
        by_day = math.sin(2 * math.pi * (hour.hour - 9) / 24)
        warmth = 15.0 + 9.0 * season + (6.0 - 3.0 * cloud) * by_day + day.gauss(0, 2.0)
        wind = 1.5 + 4.0 * day.random() + by_day
        return Conditions(cloud, warmth, wind, 1.8 * wind, max(0.0, 2 * cloud - 1), 40.0 + 50.0 * cloud)

    def forecast(self, issued: datetime, hour: datetime) -> Conditions:
        """The forecast of an ``hour`` that is ``issued``."""
        chance = random.Random(f"{self._name} {issued} {hour}")  # noqa: S311  no secret
        true, ahead = self.at(hour), max(0.0, (hour - issued) / HOUR)
        error = chance.gauss(0, CLOUD_ERROR + CLOUD_ERROR_OF_HOURS * math.sqrt(ahead))
        cloud = min(max(true.cloud_fraction + error, 0.0), 1.0)
        warmth = true.temperature_c + chance.gauss(0, WARMTH_ERROR_C + WARMTH_ERROR_OF_HOURS_C * ahead)
        return true._replace(cloud_fraction=cloud, temperature_c=warmth, rain=max(0.0, 2 * cloud - 1))
