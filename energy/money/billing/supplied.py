"""Lines of the energy taken from the grid, and the worth of the surplus: whole columns of windows at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

import numpy as np

from energy.money.billing.columns import Columns
from energy.money.billing.days import Calendar, Day, Stretch, Truth, Whole, micro
from energy.money.billing.line import ENERGY, TOLLS, Line
from energy.money.contract import Agreed, Fixed, Flat, Indexed, SurplusPrice
from energy.money.exact import MICRO, euros, kwh
from energy.money.market import PVPC, SPOT, SURPLUS, Market

HOUR = timedelta(hours=1)
"""Canary clocks are behind the peninsula's by so much, all year."""


class _Key(NamedTuple):
    """The key that the windows of one line share; ``price`` None: each has its own."""

    kind: str
    period: str
    price: int | None
    contract_since: date


@dataclass
class _Sum:
    since: date
    until: date
    mwh: int = 0
    estimated: int = 0
    amount: int = 0


@dataclass
class Supplied:
    """Energy lines (10⁻¹² EUR), and the worth of the surplus before any cap."""

    lines: list[Line] = field(default_factory=list)
    grid: int = 0
    """mWh."""
    surplus: int = 0
    """mWh, all of it, compensated or not; ``surplus_estimated``: as much of it as was not measured throughout."""
    surplus_estimated: int = 0
    worth: int = 0
    regulated: int = 0
    """Tolls and charges in the energy lines, 10⁻¹² EUR."""


class _Part(NamedTuple):
    """The windows that lie in a stretch, by their number in it."""

    stretch: Stretch
    window: timedelta
    at: Whole
    grid: Whole
    surplus: Whole
    is_measured: Truth

    @property
    def periods(self) -> Whole:
        """The index of each window's period, from 0 on."""
        return self.stretch.periods[self.at]

    def of_market(self, market: Market, name: str, needed: Truth, earlier: timedelta = timedelta()) -> Whole:
        """Prices (10⁻⁶ EUR/kWh), right where ``needed``. Raises :class:`energy.money.market.NoPrice`."""
        start = self.stretch.start - earlier
        prices, known = market.columns(name, start, self.window, len(self.stretch.periods))
        missing = needed & ~known[self.at]
        if missing.any():
            market.at(name, start + int(self.at[missing][0]) * self.window)
        return prices[self.at]


def supplied(of: Calendar, windows: Columns, market: Market) -> Supplied:
    """The ``windows`` priced. Raises :class:`energy.money.market.NoPrice` for one that has no price."""
    found, sums = Supplied(grid=int(windows.grid.sum()), surplus=int(windows.surplus.sum())), dict[_Key, _Sum]()
    found.surplus_estimated = int(windows.surplus[~windows.is_measured].sum())
    floors_hours = of.contract.conventions.negative_surplus == "hour"
    for part in _parts(of, windows):
        found.regulated += int((part.grid * _tolls(part)).sum())
        buying = part.grid > 0
        for priced in _prices(part, buying, market):
            for period in np.unique(part.periods[buying]):
                _add(sums, priced, part, buying & (part.periods == period), of.first)
        worth = part.surplus * _surplus_prices(part, part.surplus > 0, market)
        found.worth += int((np.maximum(worth, 0) if floors_hours else worth).sum())
    found.worth = max(found.worth, 0)
    found.lines = [_line(key, each) for key, each in sorted(sums.items(), key=lambda item: _order(*item))]
    return found


def unit_prices(of: Calendar, at: Whole, market: Market) -> tuple[Whole, Whole]:
    """The price of a kWh from the grid in the windows ``at``, in order, and that of surplus, before taxes.

    10⁻⁶ EUR/kWh. Raises :class:`energy.money.market.NoPrice`.
    """
    none, all_of = np.zeros_like(at), np.ones(len(at), np.bool_)
    parts = list(_parts(of, Columns(at, none, none, None, all_of, len(at))))
    needed = [np.ones(len(part.at), np.bool_) for part in parts]
    bought = [sum((each.prices for each in _prices(part, all_, market)), np.zeros_like(part.at))
              for part, all_ in zip(parts, needed, strict=True)]  # fmt: skip
    sold = [_surplus_prices(part, all_, market) for part, all_ in zip(parts, needed, strict=True)]
    return np.concatenate(bought), np.concatenate(sold)


def _parts(of: Calendar, windows: Columns) -> Iterator[_Part]:
    for stretch in of.stretches:
        inside = (windows.at >= stretch.first) & (windows.at < stretch.first + len(stretch.periods))
        at, grid, surplus = (windows.at - stretch.first)[inside], windows.grid[inside], windows.surplus[inside]
        yield _Part(stretch, of.window, at, grid, surplus, windows.is_measured[inside])


class _Priced(NamedTuple):
    """The price of a kWh in each window, 10⁻⁶ EUR, on one kind of line; ``is_own``: each window has its own."""

    kind: str
    prices: Whole
    is_own: bool


def _prices(part: _Part, needed: Truth, market: Market) -> list[_Priced]:
    """The prices of grid energy: that of the retailer, and tolls that are apart."""
    day = part.stretch.day
    energy = day.contract.energy
    if energy.kind == "pvpc":
        shift = day.contract.territory == "canarias" and day.contract.conventions.canary_pvpc == "clock"
        return [_Priced(ENERGY, part.of_market(market, PVPC, needed, HOUR * shift), True)]
    found = [_Priced(ENERGY, _retail(energy, part, needed, market), energy.kind == "indexed")]
    if energy.tolls == "apart":
        found.append(_Priced(TOLLS, _tolls(part), False))
    return found


def _tolls(part: _Part) -> Whole:
    """Tolls and charges."""
    return np.array(part.stretch.day.tolls.energy, np.int64)[part.periods]


def _retail(energy: Fixed | Flat | Indexed, part: _Part, needed: Truth, market: Market) -> Whole:
    if isinstance(energy, Fixed):
        return np.array([micro(price) for price in energy.prices_eur_kwh], np.int64)[part.periods]
    if isinstance(energy, Flat):
        return np.full(len(part.at), micro(energy.price_eur_kwh), np.int64)
    day: Day = part.stretch.day
    markups = [micro(price) for price in energy.markup_eur_kwh]
    by_period = np.array(markups if len(markups) > 1 else markups * len(day.losses), np.int64)
    factors = np.array([1000 + (loss if energy.losses else 0) for loss in day.losses], np.int64)
    scaled = part.of_market(market, SPOT, needed) * factors[part.periods]
    # Halves away from zero, as energy.money.exact.divided.
    rounded: Whole = np.sign(scaled) * ((2 * np.abs(scaled) + 1000) // 2000)
    prices: Whole = rounded + by_period[part.periods]
    return prices


def _surplus_prices(part: _Part, needed: Truth, market: Market) -> Whole:
    compensation = part.stretch.day.contract.compensation
    if isinstance(compensation, SurplusPrice):
        return part.of_market(market, SURPLUS, needed)
    price = micro(compensation.price_eur_kwh) if isinstance(compensation, Agreed) else 0
    return np.full(len(part.at), price, np.int64)


def _add(sums: dict[_Key, _Sum], priced: _Priced, part: _Part, chosen: Truth, first: date) -> None:
    """Add the ``chosen`` windows, which are of one period, to the line they belong to."""
    grid, prices = part.grid[chosen], priced.prices[chosen]
    period, days = int(part.periods[chosen][0]), part.stretch.days[part.at[chosen]]
    since = part.stretch.day.contract.since
    key = _Key(priced.kind, f"P{period + 1}", None if priced.is_own else int(prices[0]), since)
    day = first + timedelta(days=int(days.min()))
    found = sums.setdefault(key, _Sum(day, day))
    found.until = first + timedelta(days=int(days.max()) + 1)
    found.mwh += int(grid.sum())
    found.amount += int((grid * prices).sum())
    found.estimated += int(grid[~part.is_measured[chosen]].sum())


def _order(key: _Key, of: _Sum) -> tuple[date, str, str, date, int]:
    return key.contract_since, key.kind, key.period, of.since, key.price or 0


def _line(key: _Key, of: _Sum) -> Line:
    if key.price is None:
        mean = euros(of.amount) / kwh(of.mwh)
        price = mean.quantize(Decimal(1).scaleb(-6), ROUND_HALF_UP)
    else:
        price = Decimal(key.price) / MICRO
    quantity, estimated = kwh(of.mwh), kwh(of.estimated)
    return Line(key.kind, key.period, of.since, of.until, quantity, "kWh", price, "EUR/kWh", of.amount, estimated)
