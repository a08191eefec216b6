"""Taxes of a bill by the day it falls due (Ley 37/1992 art. 75, Ley 38/1992 art. 95), never by that of the supply."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from energy.money.dated import Dated, NoRule, Rule, dated
from energy.money.periods import TERRITORIES

OTHERWISE = "otherwise"
"""The case in which no condition came true."""


@dataclass(frozen=True)
class Bounds:
    """The bills a tax row holds for; what is None bounds nothing."""

    territories: frozenset[str] | None = None
    up_to_w: int | None = None
    below_w: int | None = None
    use: str | None = None
    ends_from: date | None = None
    ends_until: date | None = None
    condition: str | None = None
    """The condition that must have come true, where that is not known."""

    @property
    def number(self) -> int:
        """The number of conditions, besides the territory."""
        return sum(value is not None for name, value in vars(self).items() if name != "territories")

    def words(self) -> str:
        """The conditions as a person reads them."""
        said = (
            ("up to {:g} kW", None if self.up_to_w is None else self.up_to_w / 1000),
            ("below {:g} kW", None if self.below_w is None else self.below_w / 1000),
            ("use {}", self.use),
            ("periods that end from {} on", self.ends_from),
            ("periods that end before {}", self.ends_until),
            ("if {}", self.condition),
        )
        return ", ".join(text.format(value) for text, value in said if value is not None)


@dataclass(frozen=True)
class Taxed:
    """The facts that the taxes of a bill depend on."""

    territory: str
    due: date
    last_day: date
    """The last day of the billed period."""
    power_w: int
    """The greatest contracted power."""
    use: str


@dataclass(frozen=True)
class TaxRow:
    """A tax that some bills owe: rates in units of 10⁻⁸ percent, or for the minimum 10⁻⁶ EUR/MWh."""

    bounds: Bounds
    name: str
    rate: int
    meter_rate: int
    """The rate on the meter's rent."""

    def fits(self, bill: Taxed, case: str) -> bool:
        """Whether ``bill`` owes it, in the ``case`` where one is to be told apart."""
        b = self.bounds
        return (
            (b.territories is None or bill.territory in b.territories)
            and (b.up_to_w is None or bill.power_w <= b.up_to_w)
            and (b.below_w is None or bill.power_w < b.below_w)
            and b.use in (None, bill.use)
            and (b.ends_from is None or bill.last_day >= b.ends_from)
            and (b.ends_until is None or bill.last_day < b.ends_until)
            and b.condition in (None, case)
        )


@dataclass(frozen=True)
class Tax:
    """The rows of one tax. Several may hold on a day: that with the most conditions counts."""

    name: str
    rows: tuple[Rule[TaxRow], ...]

    def on(self, bill: Taxed, case: str) -> Rule[TaxRow]:
        """The row that ``bill`` owes. Raises :class:`energy.money.dated.NoRule`."""
        fitting = [rule for rule in self.rows if rule.covers(bill.due) and rule.value.fits(bill, case)]
        if not fitting:
            raise NoRule(f"{self.name}: no row covers a bill that falls due on {bill.due} in {bill.territory}")
        return max(fitting, key=lambda rule: rule.value.bounds.number)

    def conditions(self, bill: Taxed) -> set[str]:
        """Conditions that must have come true for a row to hold for ``bill``, where that is not known."""
        conditional = ((rule, rule.value.bounds.condition) for rule in self.rows if rule.covers(bill.due))
        return {name for rule, name in conditional if name is not None and rule.value.fits(bill, name)}

    def general(self, territory: str) -> Dated[TaxRow]:
        """The rows without conditions: the days that are covered at all. Raises :class:`Overlap`."""
        of_all = (rule for rule in self.rows if rule.value.bounds.number == 0)
        rows = [rule for rule in of_all if territory in (rule.value.bounds.territories or TERRITORIES)]
        return dated(f"{self.name}, {territory}", rows)

    def check(self) -> None:
        """Raise :class:`energy.money.dated.Overlap` where a day and bill has two rows of the same conditions."""
        for territory in TERRITORIES:
            groups: dict[Bounds, list[Rule[TaxRow]]] = defaultdict(list)
            for rule in self.rows:
                if territory in (rule.value.bounds.territories or TERRITORIES):
                    groups[replace(rule.value.bounds, territories=None)].append(rule)
            for of_same in groups.values():
                dated(f"{self.name}, {territory}", of_same)


@dataclass(frozen=True)
class Taxes:
    """The electricity tax, its minimum, and VAT, IGIC or IPSI."""

    electricity: Tax
    minimum: Tax
    consumption: Tax

    @property
    def each(self) -> Iterable[Tax]:
        """All three."""
        return (self.electricity, self.minimum, self.consumption)

    def cases(self, bill: Taxed) -> list[str]:
        """The cases to be told apart: :data:`OTHERWISE`, and each condition that is not known to have come true."""
        return [OTHERWISE, *sorted({name for tax in self.each for name in tax.conditions(bill)})]
