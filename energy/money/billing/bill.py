"""A bill: its lines, the capped compensation, the taxes of the day it falls due, and its totals by two roundings.

Rounding R1 takes each printed line half up to the cent, and the taxes of the sum of printed lines; R2 stays exact to
the end. Amounts are whole 10⁻¹² EUR.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from energy.money.billing.columns import Columns, columns
from energy.money.billing.days import Calendar, NotOneBill, longest_end
from energy.money.billing.excess import excess_lines, left_out
from energy.money.billing.gas import GAS, gas_left_out
from energy.money.billing.line import COMPENSATION, EXCESS, FUNDING, METER, REACTIVE, Line
from energy.money.billing.reactive import reactive_left_out, reactive_lines
from energy.money.billing.social_bonus import bonus_lines
from energy.money.billing.standing import standing_lines
from energy.money.billing.supplied import Supplied, supplied
from energy.money.exact import PERCENT, cents, divided, kwh, share, to_cent
from energy.money.market import Market
from energy.money.netting import Net
from energy.money.tariff import Tariffs
from energy.money.taxes import Taxed, Taxes

R1 = "R1: each line half up to the cent, taxes on the sum of printed lines"
R2 = "R2: exact to the end, then half up to the cent"
Rounding = Callable[[int], int]
ELECTRICITY_TAX = "electricity tax"
NOT_INCLUDED = "not included: "


class Case(NamedTuple):
    """Taxes and total where ``condition`` came true; 10⁻¹² EUR, tax lines and ``total`` by R1."""

    condition: str
    taxes: tuple[Line, ...]
    total: int
    exact: int
    """The total by R2."""


@dataclass(frozen=True)
class Bill:
    """The debt of one supply for the days from ``first`` to before ``until``."""

    first: date
    until: date
    due: date
    lines: tuple[Line, ...]
    """Before taxes, by R1."""
    cases: tuple[Case, ...]
    """One, or where a tax depends on what is not known one for each outcome."""
    supplied: Supplied
    compensated: int
    beyond_cap: int
    """Worth of surplus that the cap leaves out."""
    windows: int
    unknown: int
    """Windows without all their values: they are in no line."""
    without_excess: str = ""
    """The reason why excess power that may be owed is in no line; "" where it is, or none is owed. So the next."""
    without_reactive: str = ""
    without_gas: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether every window has its values."""
        return self.unknown == 0

    @property
    def not_included(self) -> dict[str, str]:
        """Items that the tariff bills beside and no line holds, each with the reason."""
        left = {EXCESS: self.without_excess, REACTIVE: self.without_reactive, GAS: self.without_gas}
        return {name: why for name, why in left.items() if why}

    @property
    def lacks(self) -> str:
        """The same as a text; "" where nothing is left out."""
        said = ", ".join(f"{name} ({why})" for name, why in self.not_included.items())
        return f"{NOT_INCLUDED}{said}" if said else ""

    def noted(self, why: str) -> str:
        """``why``, and what no line holds; "" where there is neither."""
        return "; ".join(said for said in (why, self.lacks) if said)


def bill(rules: Tariffs, of: Calendar, windows: Sequence[Net], market: Market, due: date | None = None) -> Bill:
    """The bill of the days ``of``; without ``due`` it falls due on the last of them.

    Raises :class:`energy.money.billing.days.NotOneBill`, :class:`energy.money.dated.NoRule`,
    :class:`energy.money.market.NoPrice`.
    """
    return bill_of(rules, of, columns(of, windows), market, due)


def bill_of(rules: Tariffs, of: Calendar, windows: Columns, market: Market, due: date | None = None) -> Bill:
    """The same of windows in columns."""
    compensates = any(day.contract.compensation.kind != "none" for day in of.days)
    if compensates and of.until > longest_end(of.first):
        raise NotOneBill(f"surplus is compensated within a month at most; end on {longest_end(of.first)} or before")
    energy = supplied(of, windows, market)
    standing = standing_lines(of, rules.regulated)
    power = [*(line for line in standing if line.kind not in (FUNDING, METER)), *excess_lines(of, windows)]
    power += reactive_lines(of, windows, rules.regulated)
    rest = [line for line in standing if line.kind in (FUNDING, METER)]
    taxed = of.taxed(due)

    def pretax(rounding: Rounding) -> list[Line]:
        lines = [*_rounded(power, rounding), *_rounded(energy.lines, rounding)]
        lines += [*_compensation(of, energy, rounding), *_rounded(rest, rounding)]
        return [*lines, *bonus_lines(of, lines, energy.grid, rules.regulated, rounding)]

    lines, exact = pretax(to_cent), pretax(_exact)
    cases = []
    for condition in rules.taxes.cases(taxed):
        taxes = _taxes(rules.taxes, taxed, condition, _Base(of, energy, lines, to_cent))
        exact_taxes = _taxes(rules.taxes, taxed, condition, _Base(of, energy, exact, _exact))
        cases.append(Case(condition, tuple(taxes), _sum([*lines, *taxes]), _sum([*exact, *exact_taxes])))
    compensated = -_sum([line for line in exact if line.kind == COMPENSATION])
    beyond = energy.worth - compensated
    unknown = windows.windows - len(windows.at)
    without = left_out(of, windows.imports is not None), reactive_left_out(of, not unknown), gas_left_out(of)
    return Bill(of.first, of.until, taxed.due, tuple(lines), tuple(cases), energy, compensated, beyond, windows.windows,
                unknown, *without)  # fmt: skip


class Owed(NamedTuple):
    """A line as it is owed: always, or where ``condition`` came true."""

    line: Line
    condition: str = ""


def owed_lines(of: Bill) -> tuple[Owed, ...]:
    """The lines of a bill, and behind them the taxes of every case; of each case they add up to its total."""
    depends = len(of.cases) > 1
    taxes = [Owed(line, case.condition if depends else "") for case in of.cases for line in case.taxes]
    return (*map(Owed, of.lines), *taxes)


class _Base(NamedTuple):
    """The amounts that taxes are owed on."""

    of: Calendar
    energy: Supplied
    lines: Sequence[Line]
    rounding: Rounding


def _compensation(of: Calendar, energy: Supplied, rounding: Rounding) -> list[Line]:
    """The surplus, up to the cap: no more than the energy term of the period is taken off, and nothing carried over."""
    if all(day.contract.compensation.kind == "none" for day in of.days):
        return []
    cap = _sum(_rounded(energy.lines, rounding))
    if of.contract.conventions.cap == "energy_without_tolls":
        cap -= rounding(energy.regulated)
    amount = max(0, min(rounding(energy.worth), cap))
    kind = of.contract.compensation.kind
    surplus, estimated = kwh(energy.surplus), kwh(energy.surplus_estimated)
    return [Line(COMPENSATION, kind, of.first, of.until, surplus, "kWh", None, "EUR/kWh", -amount, estimated)]


def _taxes(taxes: Taxes, of: Taxed, condition: str, base: _Base) -> list[Line]:
    """The electricity tax, and VAT, IGIC or IPSI on everything, in one line a rate."""
    outside = {METER} if base.of.contract.conventions.funding_in_tax_base else {METER, FUNDING}
    on = _sum([line for line in base.lines if line.kind not in outside])
    rate = taxes.electricity.on(of, condition).value.rate
    least = divided(base.energy.grid * taxes.minimum.on(of, condition).value.rate, 1000)
    electricity = base.rounding(max(share(on, rate), least))
    days = (base.of.first, base.of.until)
    percent = Decimal(rate) / PERCENT
    found = [Line(ELECTRICITY_TAX, "", *days, cents(on), "EUR", percent, "%", electricity)]
    row = taxes.consumption.on(of, condition).value
    meter = _sum([line for line in base.lines if line.kind == METER])
    everything = _sum(base.lines) + electricity
    apart = meter if row.meter_rate != row.rate else 0
    parts = [(row.rate, everything - apart), *([(row.meter_rate, apart)] if apart else [])]
    for each, amount in parts:
        owed = base.rounding(share(amount, each))
        found.append(Line(row.name, "", *days, cents(amount), "EUR", Decimal(each) / PERCENT, "%", owed))
    return found


def _rounded(lines: Sequence[Line], rounding: Rounding) -> list[Line]:
    return [line._replace(amount=rounding(line.amount)) for line in lines]


def _exact(amount: int) -> int:
    return amount


def _sum(lines: Sequence[Line]) -> int:
    return sum(line.amount for line in lines)
