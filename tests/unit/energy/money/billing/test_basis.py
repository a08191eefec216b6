"""What each line of a bill rests on, by its day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from conf.tariffs import tariffs
from energy.money.billing.basis import of_line, of_tax
from energy.money.billing.bill import bill
from energy.money.billing.days import calendar
from energy.money.contract import CONTRACTS
from energy.money.market import PVPC, Market
from energy.money.netting import Net
from tests.support.money.bills import AGREED, HOME

DAYS = date(2026, 6, 1), date(2026, 7, 1)
TOLLS, CHARGES = ("BOE-A-2025-26348", date(2026, 1, 1)), ("BOE-A-2025-26705", date(2026, 1, 1))
CONTRACT = ("contract", date(2026, 1, 1))


def bases(more: dict[str, Any], days: tuple[date, date] = DAYS, grid: int = 300_000) -> dict[str, list[Any]]:
    """By kind and first day of each line, with 300 Wh an hour from the grid."""
    stated = CONTRACTS.validate_python([HOME | {"from": "2026-01-01"} | more])
    of = calendar(tariffs(), stated, *days)
    windows = [Net(start, grid, 0, grid) for start in of.windows()]
    made = bill(tariffs(), of, windows, Market({PVPC: dict.fromkeys(of.windows(), 100_000)}))
    found = {f"{line.kind} {line.since:%d}": of_line(tariffs(), of, line) for line in made.lines}
    case = made.cases[0]
    taxes = {line.kind: of_tax(tariffs(), of, made, case.condition, line) for line in case.taxes}
    return {name: [tuple(each) for each in of] for name, of in (found | taxes).items()}


def test_a_line_under_the_pvpc_rests_on_the_orders_of_its_day() -> None:
    assert bases({"energy": {"kind": "pvpc"}}) == {
        "power 01": [TOLLS, CHARGES],
        "margin 01": [("Orden ETU/1948/2016", date(2021, 6, 1))],
        "energy 01": [("BOE-A-2023-14048", date(2026, 1, 1))],
        "social bonus funding 01": [("BOE-A-2025-26705", date(2026, 1, 1))],
        "social bonus funding 26": [("BOE-A-2026-13759", date(2026, 6, 26))],
        "meter rent 01": [("BOE-A-2013-8561, provisional since 2013", date(2021, 6, 1))],
        "electricity tax": [("Ley 38/1992, art. 99", date(2026, 6, 1))],
        "IVA": [("Ley 37/1992, art. 90", date(2021, 6, 1))],
    }


def test_what_a_contract_sets_rests_on_it() -> None:
    flat = {"kind": "flat", "price_eur_kwh": "0.10", "tolls": "apart"}
    found = bases({"energy": flat, "power_prices_eur_kw_year": ["30", "10"], "compensation": AGREED, "meter": "own"})
    assert (found["power 01"], found["energy 01"]) == ([CONTRACT], [CONTRACT])
    assert found["tolls and charges 01"] == [TOLLS, CHARGES]
    assert found["compensation 01"] == [("Real Decreto 244/2019, art. 14", None)]


@pytest.mark.parametrize(("price", "texts"), [("0.001", 2), ("0.50", 1)])
def test_the_minimum_of_the_electricity_tax_is_named_where_it_is_owed(price: str, texts: int) -> None:
    """In May 2026 the rate is 0.5 %: of 216 kWh at a tenth of a cent it is less than 1 EUR/MWh."""
    flat = {"energy": {"kind": "flat", "price_eur_kwh": price}}
    found = bases(flat, (date(2026, 4, 1), date(2026, 5, 1)), grid=3_000_000)
    assert len(found["electricity tax"]) == texts
