"""Bills made by hand: contracts, hours and prices for tests of what is billed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from conf.tariffs import tariffs
from energy.money.billing.bill import Bill, bill
from energy.money.billing.days import Calendar, calendar
from energy.money.contract import CONTRACTS, Contract
from energy.money.exact import cents
from energy.money.market import Market
from energy.money.netting import Net
from energy.money.periods import TERRITORIES

KWH = 1_000_000
"""mWh in a kWh."""
FIXED = {"kind": "fixed", "prices_eur_kwh": ["0.20", "0.15", "0.10"]}
AGREED = {"kind": "agreed", "price_eur_kwh": "0.06"}
HOME: dict[str, Any] = {
    "from": "2021-06-01",
    "access_tariff": "2.0TD",
    "territory": "peninsula",
    "power_kw": ["4.6", "4.6"],
    "energy": FIXED,
}


def contracts(*stated: Mapping[str, Any]) -> list[Contract]:
    """As a catalogue file states them."""
    return CONTRACTS.validate_python([dict(each) for each in stated])


def local(text: str, territory: str = "peninsula", fold: int = 0) -> datetime:
    """The instant (UTC) at which the clocks of ``territory`` show ``text``."""
    naive = datetime.fromisoformat(text)
    return naive.replace(tzinfo=TERRITORIES[territory], fold=fold).astimezone(timezone.utc)


def windows(of: Calendar, hours: Mapping[datetime, Net]) -> list[Net]:
    """Every window of the days: those given, and 0 in the others."""
    return [hours.get(start, Net(start, 0, 0, 0)) for start in of.windows()]


def grid(text: str, kwh: float, surplus: float = 0, territory: str = "peninsula") -> Net:
    """An hour of the clock with so much from the grid, or so much surplus."""
    return Net(local(text, territory), round(kwh * KWH), round(surplus * KWH), round(kwh * KWH))


def billed(
    stated: list[Contract],
    days: tuple[str, str],
    hours: list[Net],
    market: Market | None = None,
    due: str | None = None,
) -> Bill:
    """The bill of the days from the first to before the second, with 0 in every hour that is not given."""
    of = calendar(tariffs(), stated, *map(date.fromisoformat, days))
    on = None if due is None else date.fromisoformat(due)
    return bill(tariffs(), of, windows(of, {each.start: each for each in hours}), market or Market({}), on)


def amounts(of: Bill) -> list[tuple[str, str, Decimal]]:
    """Kind, period and EUR of every line, taxes and total of the first case behind them."""
    case = of.cases[0]
    lines = [(line.kind, line.period, cents(line.amount)) for line in (*of.lines, *case.taxes)]
    return [*lines, ("total", "", cents(case.total))]


def every_hour(start: datetime, number: int) -> list[datetime]:
    """So many hours on."""
    return [start + timedelta(hours=n) for n in range(number)]
