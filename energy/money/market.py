"""Prices of the markets at the hours of a bill, as whole millionths of EUR/kWh."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from energy.energy_row import QUARTER

PVPC, SPOT, SURPLUS = "pvpc", "spot", "surplus"
MICRO_KWH = 1000
"""Millionths of EUR/kWh in an EUR/MWh."""


class NoPrice(LookupError):
    """An hour whose price is not known."""


class Quote(NamedTuple):
    """A price in EUR/MWh of the time from ``start`` to before ``end`` (UTC)."""

    start: datetime
    end: datetime
    price_eur_mwh: float


@dataclass(frozen=True)
class Market:
    """The known prices of each market, by the start of the window they were asked for."""

    prices: Mapping[str, Mapping[datetime, int]]
    _columns: dict[tuple[str, datetime, timedelta, int], tuple[NDArray[np.int64], NDArray[np.bool_]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def at(self, market: str, start: datetime) -> int:
        """The price of the window that begins at ``start``. Raises :class:`NoPrice`."""
        price = self.prices.get(market, {}).get(start)
        if price is None:
            raise NoPrice(f"market {market} has no price of the whole hour from {start:%Y-%m-%dT%H:%MZ}")
        return price

    def columns(
        self, market: str, start: datetime, window: timedelta, number: int
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The prices of so many windows from ``start`` on, and which of them are known; bills of one month share it."""
        key = (market, start, window, number)
        if key not in self._columns:
            of = self.prices.get(market, {})
            found = [of.get(start + n * window) for n in range(number)]
            prices = np.array([price or 0 for price in found], np.int64)
            self._columns[key] = (prices, np.array([price is not None for price in found], np.bool_))
        return self._columns[key]


def of_windows(quotes: Iterable[Quote], window: timedelta) -> dict[datetime, int]:
    """The price of every window of length ``window`` that ``quotes`` cover whole, in millionths of EUR/kWh.

    Of several quotes in one window it is their mean by time, rounded half up.
    """
    quarters: dict[datetime, Decimal] = {}
    for quote in quotes:
        price = Decimal(repr(quote.price_eur_mwh))
        start = quote.start
        while start < quote.end:
            quarters[start] = price
            start += QUARTER
    parts = window // QUARTER
    found = {}
    for start in quarters:
        if (start - datetime.min.replace(tzinfo=start.tzinfo)) % window:
            continue
        inside = [quarters.get(start + n * QUARTER) for n in range(parts)]
        if None not in inside:
            total = sum((price for price in inside if price is not None), Decimal(0))
            found[start] = int((total * MICRO_KWH / parts).to_integral_value(ROUND_HALF_UP))
    return found
