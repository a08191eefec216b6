"""A small market with a known shape."""

from __future__ import annotations

import numpy as np
import pandas as pd


def prices(days: int, start: str = "2025-01-06", seed: int = 1) -> pd.Series:
    """EUR/MWh by the hour: two peaks by the clock of Madrid, cheap week-ends, a level that wanders, some below 0."""
    index = pd.date_range(start, periods=24 * days, freq="h", tz="UTC")
    local = index.tz_convert("Europe/Madrid")
    random = np.random.default_rng(seed)
    level = np.repeat(40 + np.cumsum(random.normal(0, 3, days)).clip(-30, 60), 24)
    hour = local.hour.to_numpy()
    shape = 15 * np.exp(-((hour - 9) ** 2) / 8) + 25 * np.exp(-((hour - 21) ** 2) / 6) - 12 * (hour == 15)
    weekend = np.where(local.dayofweek >= 5, -12.0, 0.0)
    return pd.Series(level + shape + weekend + random.normal(0, 2, len(index)), index=index)
