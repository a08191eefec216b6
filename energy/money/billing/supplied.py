"""Lines of the energy taken from the grid, and the worth of the surplus, window by window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from energy.money.billing.days import Calendar, Day, micro
from energy.money.billing.line import ENERGY, TOLLS, Line
from energy.money.contract import Agreed, Fixed, Flat, Indexed, SurplusPrice
from energy.money.exact import MICRO, divided, euros, kwh
from energy.money.market import PVPC, SPOT, SURPLUS, Market
from energy.money.netting import Net

HOUR = timedelta(hours=1)
"""Canary clocks are behind the peninsula's by so much, all year."""


class _Key(NamedTuple):
    """What the windows of one line have in common; ``price`` None: each has its own."""

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
    """mWh, all of it, compensated or not."""
    worth: int = 0
    regulated: int = 0
    """Tolls and charges in the energy lines, 10⁻¹² EUR."""


def supplied(of: Calendar, windows: Iterable[Net], market: Market) -> Supplied:
    """The known ``windows`` priced. Raises :class:`energy.money.market.NoPrice` for an hour that has no price."""
    found, sums = Supplied(), dict[_Key, _Sum]()
    floors_hours = of.contract.conventions.negative_surplus == "hour"
    for window in windows:
        day = of.of(window.start)
        at = int(day.periods.at(window.start)[1:]) - 1
        found.grid += window.grid
        found.surplus += window.surplus
        if window.grid:
            regulated = day.tolls.energy[at]
            found.regulated += window.grid * regulated
            for key, price in _prices(day, at, window.start, market):
                _add(sums, key, window, price, day.date)
        if window.surplus:
            worth = window.surplus * _surplus_price(day, window.start, market)
            found.worth += max(worth, 0) if floors_hours else worth
    found.worth = max(found.worth, 0)
    found.lines = [_line(key, each) for key, each in sorted(sums.items(), key=lambda item: _order(*item))]
    return found


def unit_prices(of: Calendar, start: datetime, market: Market) -> tuple[int, int]:
    """What a kWh from the grid costs in a window, and what surplus earns; 10⁻⁶ EUR/kWh, before taxes.

    Raises :class:`energy.money.market.NoPrice`.
    """
    day = of.of(start)
    at = int(day.periods.at(start)[1:]) - 1
    return sum(price for _, price in _prices(day, at, start, market)), _surplus_price(day, start, market)


def _prices(day: Day, at: int, start: datetime, market: Market) -> list[tuple[_Key, int]]:
    """The prices of grid energy in a window of period ``at``: that of the retailer, and tolls that are apart."""
    energy, since, period = day.contract.energy, day.contract.since, f"P{at + 1}"
    if energy.kind == "pvpc":
        shift = day.contract.territory == "canarias" and day.contract.conventions.canary_pvpc == "clock"
        return [(_Key(ENERGY, period, None, since), market.at(PVPC, start - HOUR * shift))]
    price = _retail(energy, at, day, start, market)
    found = [(_Key(ENERGY, period, None if energy.kind == "indexed" else price, since), price)]
    if energy.tolls == "apart":
        tolls = day.tolls.energy[at]
        found.append((_Key(TOLLS, period, tolls, since), tolls))
    return found


def _retail(energy: Fixed | Flat | Indexed, at: int, day: Day, start: datetime, market: Market) -> int:
    if isinstance(energy, Fixed):
        return micro(energy.prices_eur_kwh[at])
    if isinstance(energy, Flat):
        return micro(energy.price_eur_kwh)
    markups = energy.markup_eur_kwh
    factor = 1000 + day.losses[at] if energy.losses else 1000
    return divided(market.at(SPOT, start) * factor, 1000) + micro(markups[at if len(markups) > 1 else 0])


def _surplus_price(day: Day, start: datetime, market: Market) -> int:
    compensation = day.contract.compensation
    if isinstance(compensation, Agreed):
        return micro(compensation.price_eur_kwh)
    return market.at(SURPLUS, start) if isinstance(compensation, SurplusPrice) else 0


def _add(sums: dict[_Key, _Sum], key: _Key, window: Net, price: int, day: date) -> None:
    found = sums.setdefault(key, _Sum(day, day))
    found.until = day + timedelta(days=1)
    found.mwh += window.grid
    found.amount += window.grid * price
    if not window.is_measured:
        found.estimated += window.grid


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
