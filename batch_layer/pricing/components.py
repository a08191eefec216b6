"""The PVPC since 2024: a forecast of the market's part, and the other components by their dated rules.

What the rules do not state (futures basket, adjustment services, retail costs) is taken as it last was at that hour:
the PVPC of the last days less its tolls and its share of the market.
"""

from __future__ import annotations

from datetime import datetime, timezone

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from batch_layer.pricing.design import Design
from conf.tariffs import tariffs
from energy.money import pvpc

COMPOSED = "market forecast and dated components"
SINCE = pd.Timestamp("2024-01-01", tz="Europe/Madrid").tz_convert("UTC")
"""The first hour at which a share of the PVPC follows futures: Real Decreto 446/2023."""
RECENT_DAYS = 7
STANDS_IN = "last known tolls"
"""Said of hours whose tolls and charges are not published yet."""


def tolls(times: NDArray[np.datetime64], zone: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Tolls and charges (EUR/MWh) of each hour (UTC), and where the last known ones stand in."""
    dated = [pvpc.tolls(tariffs(), instant, zone) for instant in _instants(times)]
    values, stands_in = (np.array(part).reshape(times.shape) for part in zip(*dated, strict=True))
    return values, stands_in


def market_factors(times: NDArray[np.datetime64], zone: str) -> NDArray[np.float64]:
    """The factor by which the PVPC moves with the market at each hour (UTC)."""
    return np.array([pvpc.market_factor(tariffs(), instant, zone) for instant in _instants(times)]).reshape(times.shape)


def rest(prices: pd.Series, market: pd.Series, zone: str) -> pd.Series:
    """The rest of the PVPC ``prices`` (without their tolls) after the ``market``'s share is taken off, by hour."""
    both = prices.index.intersection(market.index)
    times = both.tz_localize(None).to_numpy()
    values: pd.Series = prices[both] - market_factors(times, zone) * market[both]
    return values.reindex(prices.index)


def compose(design: Design, of_rest: Design, market: NDArray[np.float64], zone: str) -> NDArray[np.float64]:
    """The PVPC without its tolls at the hours of ``design``, where the ``market`` is forecast as given; shape (n, 24).

    ``of_rest`` lays out :func:`rest` at the same origins.
    """
    rows = np.arange(len(design.target))[:, None]
    recent = np.stack([of_rest.recent[rows, day, design.hour] for day in range(RECENT_DAYS)])
    usual: NDArray[np.float64] = np.median(recent, axis=0)
    return usual + market_factors(design.times, zone) * market


def _instants(times: NDArray[np.datetime64]) -> list[datetime]:
    return [t.replace(tzinfo=timezone.utc) for t in times.ravel().astype("datetime64[us]").tolist()]
