"""Small series with a known shape."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def hours(days: int, start: str = "2026-01-05") -> pd.DatetimeIndex:
    return pd.date_range(start, periods=24 * days, freq="h", tz="UTC")


def load(days: int, seed: int = 1, start: str = "2026-01-05") -> pd.Series:
    """A home: two peaks a day, quieter weekends, noise that differs from day to day."""
    index = hours(days, start)
    random = np.random.default_rng(seed)
    hour = index.hour.to_numpy()
    shape = 300 + 700 * np.exp(-((hour - 20) ** 2) / 8) + 300 * np.exp(-((hour - 8) ** 2) / 4)
    weekend = np.where(index.dayofweek >= 5, 1.4, 1.0)
    return pd.Series(shape * weekend * random.lognormal(0, 0.3, len(index)), index=index)


def sunshine(days: int, start: str = "2026-01-05") -> NDArray[np.float64]:
    """Radiation of a cloudless day with sunrise at 7 and sunset at 17 UTC, W/m²."""
    hour = hours(days, start).hour.to_numpy()
    return np.clip(800 * np.sin(np.pi * (hour - 6.5) / 10.5), 0, None) * ((hour >= 7) & (hour < 17))


def plant(days: int, seed: int = 1, start: str = "2026-01-05") -> tuple[pd.Series, pd.DataFrame]:
    """A plant of 1 kW under clouds, and the weather that foresaw them: ghi_w_m2, issued at each midnight."""
    index = hours(days, start)
    random = np.random.default_rng(seed)
    clouds = np.repeat(random.uniform(0.2, 1.0, days), 24)
    ghi = sunshine(days, start) * clouds
    value = pd.Series(ghi * 0.9 * random.normal(1, 0.05, len(index)).clip(0.5, 1.5), index=index)
    weather = pd.DataFrame({"issued_at": index.floor("D"), "time": index, "ghi_w_m2": ghi})
    return value, weather


def rows(series_id: str, values: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"series_id": series_id, "start": values.index, "value": values.to_numpy()})
