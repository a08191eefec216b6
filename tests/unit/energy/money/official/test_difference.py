"""A thousand bills with a known fault each: every cent is explained, and the fault is named."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest

from energy.money.official import difference as d
from energy.money.official.difference import causes
from energy.money.official.inputs import Ours
from energy.money.official.statement import NotABill, StatedLine, statement

CENT = Decimal("0.01")
FIRST = date(2026, 2, 1)
NAMES = ("P1", "P2", "P3")


@dataclass(frozen=True)
class Paper:
    """What a retailer's program knows of a bill. It prints lines half up to the cent and taxes what it printed."""

    days: int
    kw: Decimal
    power_prices: tuple[Decimal, Decimal]
    grid: Mapping[str, Decimal]
    prices: Mapping[str, Decimal]
    surplus: Decimal
    surplus_price: Decimal
    own_use: Decimal
    funding: Decimal
    meter: Decimal
    tax: Decimal
    vat: Decimal
    cap: Decimal = Decimal(1)
    taxes_funding: bool = True
    extras: Decimal = Decimal(0)
    rounding: str = ROUND_HALF_UP
    period: tuple[date, date] = field(default=(FIRST, FIRST))

    def cent(self, amount: Decimal) -> Decimal:
        return amount.quantize(CENT, self.rounding)

    def lines(self) -> list[StatedLine]:
        days = (FIRST, FIRST + timedelta(days=self.days))
        year = Decimal(self.days) / 365
        found = [
            StatedLine("power", f"P{n}", *days, self.kw, price, self.cent(self.kw * price * year))
            for n, price in enumerate(self.power_prices, start=1)
        ]
        found += [
            StatedLine("energy", name, *days, self.grid[name], self.prices[name],
                       self.cent(self.grid[name] * self.prices[name]))
            for name in NAMES
        ]  # fmt: skip
        cost = sum((line.eur or CENT for line in found if line.kind == "energy"), Decimal(0))
        off = min(self.cent(self.surplus * self.surplus_price), self.cent(cost * self.cap))
        found.append(StatedLine("compensation", "", *days, self.surplus, None, -off))
        found.append(StatedLine("social bonus funding", "", *days, None, None, self.cent(self.funding * year)))
        found.append(StatedLine("extra", "", *days, None, None, self.extras))
        meter = self.cent(self.meter * 12 * year)
        in_base = [line for line in found if self.taxes_funding or "fund" not in line.kind]
        taxed = sum((line.eur or Decimal(0) for line in in_base), Decimal(0))
        least = sum(self.grid.values(), Decimal(0)) / 1000
        tax = self.cent(max(taxed * self.tax / 100, least))
        before = sum((line.eur or Decimal(0) for line in found), meter + tax)
        vat = self.cent(before * self.vat / 100)
        found.append(StatedLine("meter rent", "", *days, None, None, meter))
        found.append(StatedLine("self-consumed", "", *days, self.own_use, None, None))
        found.append(StatedLine("electricity tax", "", *days, taxed, self.tax, tax))
        found.append(StatedLine("IVA", "", *days, before, self.vat, vat))
        found.append(StatedLine("total", "", *days, None, None, before + vat))
        return found

    def ours(self) -> Ours:
        worth = Fraction(self.surplus * self.surplus_price)
        return Ours(statement(self.lines()), worth, Fraction(self.cap), Fraction(1, 1000), self.taxes_funding)


def number(dice: random.Random, least: float, most: float, places: int = 6) -> Decimal:
    return Decimal(str(round(dice.uniform(least, most), places)))


def paper(dice: random.Random) -> Paper:
    return Paper(
        days=dice.randint(27, 31),
        kw=number(dice, 3, 9, 2),
        power_prices=(number(dice, 20, 30), number(dice, 0.5, 2)),
        grid={name: number(dice, 30, 200, 3) for name in NAMES},
        prices={name: number(dice, least, most) for name, least, most in
                (("P1", 0.2, 0.3), ("P2", 0.14, 0.19), ("P3", 0.08, 0.12))},
        surplus=number(dice, 20, 200, 3),
        surplus_price=number(dice, 0.03, 0.08),
        own_use=number(dice, 50, 150, 3),
        funding=number(dice, 4, 9),
        meter=Decimal("0.81"),
        tax=Decimal("5.11269632"),
        vat=Decimal(21),
    )  # fmt: skip


def more_of_all(of: Paper, dice: random.Random) -> Paper:
    factor = 1 + number(dice, 0.05, 0.3, 3)
    return replace(of, grid={name: round(kwh * factor, 3) for name, kwh in of.grid.items()})


def other_share(of: Paper, dice: random.Random) -> Paper:
    """A tenth and more of what was used under the share comes from the grid instead, and was surplus."""
    moved = round(of.own_use * number(dice, 0.2, 0.6, 3), 3)
    total = sum(of.grid.values(), Decimal(0))
    grid = {name: round(kwh + moved * kwh / total, 6) for name, kwh in of.grid.items()}
    own = of.own_use - (sum(grid.values(), Decimal(0)) - total)
    return replace(of, grid=grid, own_use=own, surplus=of.surplus + (of.own_use - own))


def other_period(of: Paper, dice: random.Random) -> Paper:
    moved = round(of.grid["P1"] * number(dice, 0.1, 0.5, 3), 3)
    return replace(of, grid={**of.grid, "P1": of.grid["P1"] - moved, "P3": of.grid["P3"] + moved})


def other_price(of: Paper, dice: random.Random) -> Paper:
    name = dice.choice(NAMES)
    return replace(of, prices={**of.prices, name: of.prices[name] + number(dice, 0.01, 0.05)})


FAULTS: dict[str, Callable[[Paper, random.Random], Paper]] = {
    d.DAYS: lambda of, dice: replace(of, days=of.days + dice.choice((-2, -1, 1, 2))),
    d.KWH: more_of_all,
    d.SHARE: other_share,
    d.PERIOD: other_period,
    d.PRICE: other_price,
    d.COMPENSATION: lambda of, dice: replace(of, surplus_price=of.surplus_price / 2),
    d.POWER: lambda of, dice: replace(of, kw=of.kw + number(dice, 0.5, 2, 2)),
    d.REST: lambda of, dice: replace(of, extras=number(dice, 1, 5, 2)),
    d.RATE: lambda of, dice: replace(of, vat=Decimal(10)),
    d.BASE: lambda of, dice: replace(of, taxes_funding=False, funding=of.funding),
}


def test_a_thousand_bills_with_a_known_fault() -> None:
    dice, right, bills = random.Random(16), 0, 0
    for n in range(1000):
        fault = list(FAULTS)[n % len(FAULTS)]
        mine = paper(dice)
        if fault == d.BASE:
            mine = replace(mine, funding=mine.funding * 30)
        theirs = FAULTS[fault](mine, dice)
        official = statement(theirs.lines())
        found = causes(mine.ours(), official)
        assert [each.cause for each in found] == list(d.CAUSES)
        assert official.total is not None
        assert sum((each.eur for each in found), Decimal(0)) == total(theirs) - total(mine)
        greatest = max(found, key=lambda each: abs(each.eur))
        rest = sum(abs(each.eur) for each in found if each.cause != fault)
        bills += 1
        right += greatest.cause == fault and rest <= max(Decimal("0.06"), abs(greatest.eur) / 20)
    assert right >= bills * 0.99, right


def more_in_one(of: Paper, dice: random.Random) -> Paper:
    name = dice.choice(NAMES)
    return replace(of, grid={**of.grid, name: of.grid[name] + number(dice, 20, 200, 3)})


def share_in_one(of: Paper, dice: random.Random) -> Paper:
    """What the sun no longer covers is used in one period."""
    name, moved = dice.choice(NAMES), round(of.own_use * number(dice, 0.3, 0.9, 3), 3)
    grid = {**of.grid, name: of.grid[name] + moved}
    return replace(of, grid=grid, own_use=of.own_use - moved, surplus=of.surplus + moved)


@pytest.mark.parametrize(("cause", "fault"), [(d.KWH, more_in_one), (d.SHARE, share_in_one)])
def test_energy_of_one_period_has_its_price_and_is_no_fault_of_the_periods(
    cause: str, fault: Callable[[Paper, random.Random], Paper]
) -> None:
    dice = random.Random(30)
    for _ in range(100):
        mine = paper(dice)
        found = {each.cause: each.eur for each in causes(mine.ours(), statement(fault(mine, dice).lines()))}
        assert found[d.PERIOD] == 0
        assert sum(abs(eur) for name, eur in found.items() if name != cause) <= max(Decimal("0.06"), found[cause] / 20)


def test_what_was_self_consumed_is_compared_where_both_know_it() -> None:
    mine = paper(random.Random(31))
    theirs = statement(more_in_one(mine, random.Random(32)).lines())
    known = {each.cause: each.eur for each in causes(mine.ours(), theirs)}
    ours = replace(mine.ours(), said=replace(mine.ours().said, self_consumed=None))
    assert {each.cause: each.eur for each in causes(ours, theirs)} == known
    assert known[d.SHARE] == 0


def test_less_use_and_more_of_another_period_by_hand() -> None:
    """30 kWh less of P1 and 10 more of P3, taxes aside: 20 kWh at P1's price, and 10 from P1 to P3."""
    mine = replace(paper(random.Random(9)), tax=Decimal(0), vat=Decimal(0), surplus=Decimal(0))
    prices = {"P1": Decimal("0.25"), "P2": Decimal("0.15"), "P3": Decimal("0.10")}
    mine = replace(mine, prices=prices, grid={"P1": Decimal(100), "P2": Decimal(80), "P3": Decimal(60)})
    theirs = replace(mine, grid={"P1": Decimal(70), "P2": Decimal(80), "P3": Decimal(70)})
    found = {each.cause: each.eur for each in causes(mine.ours(), statement(theirs.lines()))}
    assert (found[d.KWH], found[d.PERIOD]) == (Decimal("-5.02"), Decimal("-1.5"))  # the tax's least, 1 EUR/MWh, too


def total(of: Paper) -> Decimal:
    (line,) = (line for line in of.lines() if line.kind == "total")
    return line.eur or Decimal(0)


def test_two_faults_at_once_add_up_with_what_they_do_together() -> None:
    dice = random.Random(7)
    for first in FAULTS:
        for second in FAULTS:
            mine = paper(dice)
            theirs = FAULTS[second](FAULTS[first](mine, dice), dice)
            found = causes(mine.ours(), statement(theirs.lines()))
            assert sum((each.eur for each in found), Decimal(0)) == total(theirs) - total(mine)


def test_the_same_bill_differs_in_nothing() -> None:
    mine = paper(random.Random(1))
    assert {each.eur for each in causes(mine.ours(), statement(mine.lines()))} == {Decimal(0)}


def test_other_days_are_the_first_cause() -> None:
    mine = paper(random.Random(2))
    longer = replace(mine, days=mine.days + 3, grid={name: kwh * 2 for name, kwh in mine.grid.items()})
    found = {each.cause: each.eur for each in causes(mine.ours(), statement(longer.lines()), longer.ours())}
    assert abs(found.pop(d.DAYS) - (total(longer) - total(mine))) <= 3 * CENT
    assert abs(found.pop(d.ROUNDING)) <= 3 * CENT
    assert set(found.values()) == {Decimal(0)}


def test_a_cent_of_rounding_is_nobodys_fault() -> None:
    mine = paper(random.Random(3))
    lines = [line._replace(eur=(line.eur or CENT) + CENT) if line.kind == "total" else line for line in mine.lines()]
    found = {each.cause: each.eur for each in causes(mine.ours(), statement(lines))}
    assert found.pop(d.ROUNDING) == CENT
    assert set(found.values()) == {Decimal(0)}


def test_a_bill_that_leaves_the_surplus_out_lacks_the_compensation_not_the_energy() -> None:
    mine = paper(random.Random(5))
    unpaid = replace(mine, surplus_price=Decimal(0))
    lines = [line for line in unpaid.lines() if line.kind != "compensation"]
    found = {each.cause: each.eur for each in causes(mine.ours(), statement(lines))}
    assert found[d.COMPENSATION] > mine.surplus * mine.surplus_price
    assert sum(abs(eur) for cause, eur in found.items() if cause != d.COMPENSATION) <= 3 * CENT


def test_taxes_without_their_percent_are_the_base_not_the_rate() -> None:
    mine = paper(random.Random(6))
    lines = [line._replace(price=None) if line.kind in ("electricity tax", "IVA") else line for line in mine.lines()]
    assert {each.eur for each in causes(mine.ours(), statement(lines))} == {Decimal(0)}


def test_a_bill_without_a_total_is_refused() -> None:
    lines = [line for line in paper(random.Random(4)).lines() if line.kind != "total"]
    with pytest.raises(NotABill, match="there is no total"):
        statement(lines)
