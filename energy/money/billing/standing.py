"""Lines that go by the day: power, the PVPC's margin, the funding of the social bonus, the meter's rent."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from energy.money.billing.days import Calendar, Day, micro
from energy.money.billing.line import FUNDING, MARGIN, METER, POWER, Line
from energy.money.exact import MICRO, divided
from energy.money.tariff import Regulated

COMMON_YEAR = 365
MONTHS = 12


class _Rate(NamedTuple):
    """The cost of a day: ``watts`` (1000 where there are none) at ``price`` (10⁻⁶ EUR a kW or piece) a year."""

    kind: str
    period: str
    watts: int | None
    price: int
    year_days: int

    def amount(self, days: int) -> int:
        """The cost of ``days``, 10⁻¹² EUR."""
        kilo = 1000 if self.watts is None else self.watts
        return divided(kilo * self.price * (MICRO // 1000) * days, self.year_days)


def standing_lines(of: Calendar, regulated: Regulated) -> list[Line]:
    """Days on end of one price together, by first day, kind and period. Raises :class:`energy.money.dated.NoRule`."""
    found: list[tuple[_Rate, list[date]]] = []
    last: dict[_Rate, list[date]] = {}
    for day in of.days:
        for rate in _rates(day, regulated):
            days = last.get(rate)
            # A price that returns has a line of its own: a line's days are those from its first to its last.
            if days is None or days[-1] + timedelta(days=1) < day.date:
                days = last[rate] = []
                found.append((rate, days))
            days.append(day.date)
    return [_line(rate, days) for rate, days in found]


def _rates(day: Day, regulated: Regulated) -> Iterator[_Rate]:
    contract, year = day.contract, _year_days(day)
    prices = contract.power_prices_eur_kw_year
    power_prices = day.tolls.power if prices is None else [micro(price) for price in prices]
    for n, (watts, price) in enumerate(zip(day.power_w, power_prices, strict=True), start=1):
        yield _Rate(POWER, f"P{n}", watts, price, year)
    if contract.energy.kind == "pvpc" and prices is None:
        yield _Rate(MARGIN, "P1", day.power_w[0], regulated.pvpc_margin.on(day.date).value, year)
    if contract.bills_funding:
        yield _Rate(FUNDING, "", None, regulated.social_bonus_funding.on(day.date).value, year)
    if contract.meter != "own":
        rent: int = getattr(regulated.meter_rent.on(day.date).value, contract.meter)
        yield _Rate(METER, "", None, rent * MONTHS, COMMON_YEAR)


def _year_days(day: Day) -> int:
    by_calendar = day.contract.conventions.year_days == "calendar"
    return COMMON_YEAR + (by_calendar and isleap(day.date.year))


def _line(rate: _Rate, days: list[date]) -> Line:
    quantity = Decimal(len(days)) if rate.watts is None else Decimal(rate.watts).scaleb(-3)
    units = ("days", "EUR/year") if rate.watts is None else ("kW", "EUR/kW year")
    price = Decimal(rate.price).scaleb(-6)
    since, until = days[0], days[-1] + timedelta(days=1)
    return Line(rate.kind, rate.period, since, until, quantity, units[0], price, units[1], rate.amount(len(days)))
