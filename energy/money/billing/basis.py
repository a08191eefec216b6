"""Bases of a bill's lines: the texts that set each price, or the supply's contract, and since when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from energy.money.billing.bill import ELECTRICITY_TAX, Bill
from energy.money.billing.days import Calendar, Day
from energy.money.billing.line import (
    COMPENSATION,
    ENERGY,
    EXCESS,
    FUNDING,
    MARGIN,
    METER,
    POWER,
    REACTIVE,
    SOCIAL_BONUS,
    TOLLS,
    Line,
)
from energy.money.dated import Dated, NoRule, Rule
from energy.money.exact import cents
from energy.money.tariff import Tariffs

CENT = Decimal("0.01")
CONTRACT = "contract"
COMPENSATED = "Real Decreto 244/2019, art. 14"
"""Simplified compensation."""


class Basis(NamedTuple):
    """A text, as the rows of ``conf/tariffs`` name it, or :data:`CONTRACT`; ``since`` None: it has no rows by date."""

    text: str
    since: date | None


def of_line(rules: Tariffs, of: Calendar, line: Line) -> list[Basis]:
    """Bases of a line before taxes, by its first day."""
    return list(_of_line(rules, of.days[(line.since - of.first).days], line))


def _of_line(rules: Tariffs, day: Day, line: Line) -> Iterator[Basis]:
    contract, access, regulated = day.contract, rules.of(day.contract.access_tariff), rules.regulated
    own = Basis(CONTRACT, contract.since)
    is_regulated = line.kind == TOLLS or (line.kind == POWER and contract.power_prices_eur_kw_year is None)
    dated: Mapping[str, Dated[Any]] = {
        EXCESS: access.excess, REACTIVE: regulated.reactive_energy, MARGIN: regulated.pvpc_margin,
        FUNDING: regulated.social_bonus_funding, SOCIAL_BONUS: regulated.social_bonus, METER: regulated.meter_rent,
    }  # fmt: skip
    if is_regulated:
        yield from (_rule(each.on(day.date)) for each in (access.tolls, access.charges))
    elif line.kind == ENERGY and contract.energy.kind == "pvpc":
        try:
            yield _rule(regulated.pvpc_market_share.on(day.date))
        except NoRule:
            yield own
    elif line.kind == COMPENSATION:
        yield Basis(COMPENSATED, None)
    elif line.kind in dated:
        yield _rule(dated[line.kind].on(day.date))
    else:
        yield own


def of_tax(rules: Tariffs, of: Calendar, made: Bill, condition: str, line: Line) -> list[Basis]:
    """Bases of a tax in one case of the bill: the row of its due day; the minimum's as well where that is owed."""
    taxed, taxes = of.taxed(made.due), rules.taxes
    if line.kind != ELECTRICITY_TAX:
        return [_rule(taxes.consumption.on(taxed, condition))]
    found = [_rule(taxes.electricity.on(taxed, condition))]
    by_rate = (line.quantity or Decimal(0)) * (line.price or Decimal(0)) / 100
    if cents(line.amount) > by_rate.quantize(CENT, ROUND_HALF_UP):
        found.append(_rule(taxes.minimum.on(taxed, condition)))
    return found


def _rule(rule: Rule[Any]) -> Basis:
    return Basis(rule.source, rule.since)
