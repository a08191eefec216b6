"""Prices of the markets at the hours of a bill, as whole millionths of EUR/kWh."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

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
    """What is known of each market, by the start of the window it was asked for."""

    prices: Mapping[str, Mapping[datetime, int]]

    def at(self, market: str, start: datetime) -> int:
        """The price of the window that begins at ``start``. Raises :class:`NoPrice`."""
        price = self.prices.get(market, {}).get(start)
        if price is None:
            raise NoPrice(f"market {market} has no price of the whole hour from {start:%Y-%m-%dT%H:%MZ}")
        return price


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
