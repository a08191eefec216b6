"""Inputs of a bill, so that it can be made again with one of them changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from energy.money.official.statement import Statement

ZERO = Fraction(0)
Rates = tuple[Fraction, Fraction, Fraction]
"""Rates of the electricity tax, of VAT, and of VAT on the meter."""


@dataclass(frozen=True)
class Ours:
    """Our bill, and what it knows beyond its lines."""

    said: Statement
    worth: Fraction
    """The worth of all surplus, EUR."""
    cap: Fraction
    """The share of the energy's cost that the compensated surplus can't exceed, 1 being all."""
    least_tax: Fraction
    """The electricity tax is no less, EUR/kWh."""
    taxes_funding: bool


class Slack(NamedTuple):
    """The distance of what our bill prints from what is exact, EUR: a bill differs from itself in nothing."""

    compensated: Fraction = ZERO
    electricity: Fraction = ZERO
    consumption: Fraction = ZERO


EXACT = Slack()


@dataclass(frozen=True)
class Inputs:
    """Inputs of a bill; kWh and EUR."""

    days: Fraction
    grid: Mapping[str, Fraction]
    """Energy from the grid by period."""
    prices: Mapping[str, Fraction]
    surplus: Fraction
    surplus_price: Fraction
    cap: Fraction
    power: Fraction
    funding: Fraction
    meter: Fraction
    extras: Fraction
    rates: Rates
    least_tax: Fraction
    taxes_funding: bool
    slack: Slack = EXACT
    compensated: Fraction | None = None
    electricity: Fraction | None = None
    consumption: Fraction | None = None

    def amounts(self) -> Amounts:
        """Power, funding and meter are EUR a day."""
        slack = self.slack
        energy = sum((kwh * self.prices[name] for name, kwh in self.grid.items()), ZERO)
        off = self.compensated
        if off is None:
            off = max(ZERO, min(self.surplus * self.surplus_price, energy * self.cap)) + slack.compensated
        power, funding, meter = (self.days * each for each in (self.power, self.funding, self.meter))
        taxed = power + energy - off + self.extras + (funding if self.taxes_funding else ZERO)
        tax, vat, of_meter = self.rates
        electricity = self.electricity
        if electricity is None:
            electricity = max(taxed * tax, sum(self.grid.values(), ZERO) * self.least_tax) + slack.electricity
        before = power + energy - off + self.extras + funding + electricity
        owed = self.consumption
        if owed is None:
            owed = before * vat + meter * of_meter + slack.consumption
        return Amounts(off, electricity, owed, before + meter + owed)


class Amounts(NamedTuple):
    """EUR, exact."""

    compensated: Fraction
    electricity: Fraction
    consumption: Fraction
    total: Fraction


def inputs(of: Ours) -> Inputs:
    """Inputs of our bill, with what its lines are rounded by."""
    found, said = _unrounded(of), of.said
    slack = Slack(said.compensated - found.amounts().compensated)
    found = replace(found, slack=slack)
    slack = slack._replace(electricity=(tax(said) or ZERO) - found.amounts().electricity)
    found = replace(found, slack=slack)
    return replace(found, slack=slack._replace(consumption=(vat(said) or ZERO) - found.amounts().consumption))


def _unrounded(of: Ours) -> Inputs:
    said, days = of.said, Fraction(of.said.power_days or 1)
    return Inputs(
        days=days,
        grid=said.used,
        prices=said.prices,
        surplus=said.surplus or ZERO,
        surplus_price=of.worth / said.surplus if said.surplus else ZERO,
        cap=of.cap,
        power=said.power / days,
        funding=said.funding / days,
        meter=said.meter / days,
        extras=said.extras,
        rates=rates(said),
        least_tax=of.least_tax,
        taxes_funding=of.taxes_funding,
    )


def rates(said: Statement, known: Rates = (ZERO, ZERO, ZERO)) -> Rates:
    """The rates that the bill states; of those it does not state the ``known`` ones."""
    of_vat: list[Decimal | None] = [line.price for line in said.consumption if line.price is not None]
    of_vat = of_vat or [None]
    stated = (said.electricity.price if said.electricity else None, of_vat[0], of_vat[-1])
    found = [old if rate is None else Fraction(rate) / 100 for rate, old in zip(stated, known, strict=True)]
    return found[0], found[1], found[2]


def tax(of: Statement) -> Fraction | None:
    """The electricity tax, EUR; None where the bill states none."""
    return of.electricity.amount if of.electricity else None


def vat(of: Statement) -> Fraction | None:
    """VAT, IGIC or IPSI, EUR; None where the bill states none."""
    return sum((line.amount for line in of.consumption), ZERO) if of.consumption else None
