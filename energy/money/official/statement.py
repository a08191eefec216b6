"""A bill as its lines state it, ours or another's, brought to the few amounts by which two bills can differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from energy.money.billing.bill import ELECTRICITY_TAX
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
)

SELF_CONSUMED, EXTRA, TOTAL = "self-consumed", "extra", "total"
CONSUMPTION_TAXES = ("IVA", "IGIC", "IPSI")
KINDS = (POWER, MARGIN, EXCESS, REACTIVE, ENERGY, TOLLS, COMPENSATION, FUNDING, METER, SOCIAL_BONUS, EXTRA,
         SELF_CONSUMED, ELECTRICITY_TAX, *CONSUMPTION_TAXES, TOTAL)  # fmt: skip
CENT = Fraction(1, 100)


class NotABill(ValueError):
    """Lines that make no bill; the text says which one and why."""


class StatedLine(NamedTuple):
    """A line as printed: kWh and EUR/kWh, kW and EUR/kW year, or of a tax its base in EUR and its percent."""

    kind: str
    period: str
    since: date
    until: date
    quantity: Decimal | None
    price: Decimal | None
    eur: Decimal | None

    @property
    def amount(self) -> Fraction:
        """EUR: quantity times price where that fits what is printed, which is rounded; else what is printed."""
        printed = None if self.eur is None else Fraction(self.eur)
        if (
            self.quantity is None
            or self.price is None
            or self.kind in (POWER, MARGIN, EXCESS, COMPENSATION, SOCIAL_BONUS)
        ):
            return printed or Fraction(0)
        exact = Fraction(self.quantity) * Fraction(self.price)
        if self.kind in (ELECTRICITY_TAX, *CONSUMPTION_TAXES):
            exact /= 100
        return exact if printed is None or abs(exact - printed) <= CENT else printed


@dataclass
class Statement:
    """The content of a bill; energy in kWh, amounts in EUR."""

    first: date
    until: date
    grid: Mapping[str, Fraction] = field(default_factory=dict)
    """Energy from the grid by energy period."""
    cost: Mapping[str, Fraction] = field(default_factory=dict)
    """The cost of that energy by period, tolls included."""
    surplus: Fraction | None = None
    """None where no line says how much it was."""
    compensated: Fraction = Fraction(0)
    """The worth of compensated surplus as a positive amount."""
    self_consumed: Fraction | None = None
    power: Fraction = Fraction(0)
    """With the PVPC's margin, excess power and reactive energy."""
    power_days: int = 0
    funding: Fraction = Fraction(0)
    meter: Fraction = Fraction(0)
    extras: Fraction = Fraction(0)
    """With the social bonus."""
    electricity: StatedLine | None = None
    consumption: tuple[StatedLine, ...] = ()
    total: Fraction | None = None

    @property
    def used(self) -> dict[str, Fraction]:
        """Energy from the grid by period, of those that have any."""
        return {name: kwh for name, kwh in self.grid.items() if kwh}

    @property
    def prices(self) -> dict[str, Fraction]:
        """The mean price of each such period, EUR/kWh."""
        return {name: self.cost[name] / kwh for name, kwh in self.used.items()}


def statement(lines: Iterable[StatedLine]) -> Statement:
    """The amounts of a bill. Raises :class:`NotABill` for lines that state too little."""
    by_kind: dict[str, list[StatedLine]] = defaultdict(list)
    for line in lines:
        by_kind[line.kind].append(line)
    every = [line for of_kind in by_kind.values() for line in of_kind]
    if not by_kind[TOTAL] or by_kind[TOTAL][0].eur is None:
        raise NotABill("there is no total: write a line of kind total with its EUR")
    first, until = min(line.since for line in every), max(line.until for line in every)
    grid: dict[str, Fraction] = defaultdict(Fraction)
    cost: dict[str, Fraction] = defaultdict(Fraction)
    for line in by_kind[ENERGY]:
        grid[line.period] += Fraction(line.quantity or 0)
    for line in (*by_kind[ENERGY], *by_kind[TOLLS]):
        cost[line.period] += line.amount
    for name in cost.keys() - {name for name, kwh in grid.items() if kwh}:
        if cost[name]:
            raise NotABill(f"{name or 'a line'} of energy costs {float(cost[name]):.2f} EUR and has no kWh")
    of_self = by_kind[SELF_CONSUMED]
    surplus = [line.quantity for line in by_kind[COMPENSATION] if line.quantity is not None]
    sums = {kind: sum((line.amount for line in by_kind[kind]), Fraction(0)) for kind in KINDS}
    return Statement(
        first, until, grid, cost,
        surplus=sum(map(Fraction, surplus), Fraction(0)) if surplus else None,
        compensated=-sums[COMPENSATION],
        self_consumed=sum((Fraction(line.quantity or 0) for line in of_self), Fraction(0)) if of_self else None,
        power=sums[POWER] + sums[MARGIN] + sums[EXCESS] + sums[REACTIVE],
        power_days=_power_days(by_kind[POWER]) or (until - first).days,
        funding=sums[FUNDING], meter=sums[METER], extras=sums[EXTRA] + sums[SOCIAL_BONUS],
        electricity=next(iter(by_kind[ELECTRICITY_TAX]), None),
        consumption=tuple(line for kind in CONSUMPTION_TAXES for line in by_kind[kind]),
        total=sums[TOTAL],
    )  # fmt: skip


def _power_days(lines: list[StatedLine]) -> int:
    """Days of power billed in the first period."""
    periods = sorted({line.period for line in lines})
    return sum((line.until - line.since).days for line in lines if line.period == periods[0]) if periods else 0
