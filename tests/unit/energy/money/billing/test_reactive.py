"""Reactive energy worked by hand: what a month has beyond a third of its active energy, by period."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from conf.tariffs import tariffs
from energy.money.billing.bill import Bill, bill
from energy.money.billing.days import Calendar, calendar
from energy.money.billing.reactive import with_reactive
from energy.money.exact import cents
from energy.money.market import Market
from energy.money.official.statement import StatedLine, statement
from energy.money.saving import without_sharing
from tests.support.money.bills import HOME, KWH, contracts, grid, windows

JANUARY = (date(2026, 1, 1), date(2026, 2, 1))
SHOP: dict[str, Any] = HOME | {
    "access_tariff": "3.0TD", "power_kw": ["20"] * 6, "energy": {"kind": "flat", "price_eur_kwh": "0.10"},
}  # fmt: skip
USED = {"2026-01-14T09:00": 100.0, "2026-01-14T08:00": 200.0, "2026-01-14T03:00": 50.0}
"""kWh in P1, P2 and P6."""


def of_january(stated_kvarh: dict[str, float], **contract: Any) -> Bill:
    of = calendar(tariffs(), contracts(SHOP | contract), *JANUARY)
    stated = with_reactive(of, {period: kvarh * 1000 for period, kvarh in stated_kvarh.items()})
    return billed(stated)


def billed(of: Calendar) -> Bill:
    hours = [grid(hour, kwh) for hour, kwh in USED.items()]
    return bill(tariffs(), of, windows(of, {each.start: each for each in hours}), Market({}))


def reactive(of: Bill) -> list[tuple[str, Decimal | None, Decimal | None, Decimal]]:
    return [
        (line.period, line.quantity, line.price, cents(line.amount))
        for line in of.lines
        if line.kind == "reactive energy"
    ]


def test_what_is_above_a_third_costs_by_the_power_factor() -> None:
    """75 of 100 kWh, factor 0.80: 42 · 0.041554 = 1.7453. P2: 160 of 200, 0.78: 94 · 0.062332 = 5.8592. P6: free."""
    found = of_january({"P1": 75.0, "P2": 160.0, "P6": 500.0})
    middle, low = Decimal("0.041554"), Decimal("0.062332")
    assert reactive(found) == [("P1", Decimal(42), middle, Decimal("1.75")), ("P2", Decimal(94), low, Decimal("5.86"))]
    assert found.without_reactive == ""


@pytest.mark.parametrize("stated", [{"P1": 33.0, "P2": 66.0}, {"P1": -80.0, "P6": -150.0}, {"P1": 0.0}])
def test_a_third_and_what_is_capacitive_is_free(stated: dict[str, float]) -> None:
    found = of_january(stated)
    assert (reactive(found), found.without_reactive) == ([], "")


def test_a_period_without_active_energy_has_the_low_factor() -> None:
    assert reactive(of_january({"P3": 10.0})) == [("P3", Decimal(10), Decimal("0.062332"), Decimal("0.62"))]


def test_it_is_taxed_as_energy_is() -> None:
    """1.745268 more, 5.11269632 % and 21 % upon it: 1.745268 · 1.0511269632 · 1.21 = 2.21977."""
    more = of_january({"P1": 75.0}).cases[0].exact - of_january({"P1": 33.0}).cases[0].exact
    assert cents(more) == Decimal("2.22")


def test_what_is_not_known_is_said() -> None:
    of = calendar(tariffs(), contracts(SHOP), *JANUARY)
    assert billed(of).without_reactive == "no meter that is read here states it of these days"
    some = calendar(tariffs(), contracts(SHOP), date(2026, 1, 10), date(2026, 2, 10))
    assert with_reactive(some, {"P1": 1.0}) == some
    hours = windows(of, {})
    unknown = [hours[0]._replace(is_known=False), *hours[1:]]
    found = bill(tariffs(), with_reactive(of, {"P1": 1000.0}), unknown, Market({}))
    assert (reactive(found), found.without_reactive) == ([], "the active energy of an hour is not known")


def test_without_generation_more_of_it_is_free() -> None:
    """75 kvarh: 42 above a third of 100 kWh from the grid, 9 above a third of the 200 that were used."""
    of = with_reactive(calendar(tariffs(), contracts(SHOP), *JANUARY), {"P1": 75_000.0})
    used = grid("2026-01-14T09:00", 100.0)._replace(use=200 * KWH)
    alone = without_sharing(of, windows(of, {used.start: used}))
    assert alone is not None
    found = bill(tariffs(), *alone, Market({}))
    assert reactive(found) == [("P1", Decimal(9), Decimal("0.041554"), Decimal("0.37"))]


def test_homes_owe_none() -> None:
    of = with_reactive(calendar(tariffs(), contracts(HOME), *JANUARY), {"P1": 90_000.0})
    found = billed(of)
    assert (reactive(found), found.without_reactive) == ([], "")


def test_an_official_bill_has_it_beside_the_power() -> None:
    lines = [
        StatedLine("power", "P1", *JANUARY, Decimal(20), Decimal("20.376895"), Decimal("34.61")),
        StatedLine("reactive energy", "P1", *JANUARY, Decimal(42), Decimal("0.041554"), Decimal("1.75")),
        StatedLine("total", "", *JANUARY, None, None, Decimal("50")),
    ]
    assert cents_of(statement(lines).power) == Decimal("36.36")


def cents_of(amount: Any) -> Decimal:
    return (Decimal(amount.numerator) / amount.denominator).quantize(Decimal("0.01"))
