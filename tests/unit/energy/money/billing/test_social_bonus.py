"""The social bonus, by hand: 743 hours of 1 kWh at 0.10 EUR in March 2026, under the PVPC."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from conf.tariffs import tariffs
from energy.money.billing.bill import Bill, bill
from energy.money.billing.days import NotOneBill, calendar
from energy.money.contract import CONTRACTS
from energy.money.dated import NoRule
from energy.money.market import PVPC, SURPLUS, Market
from energy.money.netting import Net
from energy.money.official.difference import causes
from serving_layer.views.money.bills import Billed
from serving_layer.views.money.official import ours
from tests.support.money.bills import HOME, amounts

MARCH = (date(2026, 3, 1), date(2026, 4, 1))
REGULATED = HOME | {"energy": {"kind": "pvpc"}}


def bonus(kind: str = "vulnerable", limit_kwh: str = "1587") -> dict[str, Any]:
    return {"social_bonus": {"kind": kind, "limit_kwh": limit_kwh}}


def made(more: dict[str, Any], days: tuple[date, date] = MARCH, surplus: int = 0) -> tuple[Billed, Bill]:
    """An hour takes 1 kWh from the grid; the first one sells ``surplus`` (mWh) at 0.05 EUR instead."""
    of = calendar(tariffs(), CONTRACTS.validate_python([REGULATED | more]), *days)
    starts = of.windows()
    windows = [Net(start, 1_000_000, 0, 1_000_000) for start in starts]
    if surplus:
        windows[0] = Net(starts[0], 0, surplus, 0)
    market = Market({PVPC: dict.fromkeys(starts, 100_000), SURPLUS: dict.fromkeys(starts, 50_000)})
    found = bill(tariffs(), of, windows, market)
    return Billed(found, of, windows, None), found


def amount(more: dict[str, Any], surplus: int = 0) -> Decimal:
    return next(eur for kind, _, eur in amounts(made(more, surplus=surplus)[1]) if kind == "social bonus")


def test_it_is_taken_off_before_the_taxes() -> None:
    """Of 743 kWh 1,587 · 31 / 365 = 134.786301 count, 13.4786 EUR: 42.5 % of 10.82 + 0.28 + 1.22 + 0.59 + 13.4786."""
    lines = amounts(made(bonus())[1])
    without = [(kind, eur) for kind, _, eur in lines if kind not in ("energy", "social bonus")]
    assert [eur for kind, _, eur in lines if kind == "social bonus"] == [Decimal("-11.22")]  # 11.2151
    assert sum(eur for kind, _, eur in lines if kind == "energy") == Decimal("74.30")
    # 0.5 % of 75.99 is 0.38, less than 1 EUR/MWh of 743 kWh; IVA 10 % of 77.56
    assert without == [
        ("power", Decimal("10.82")), ("power", Decimal("0.28")), ("margin", Decimal("1.22")),
        ("social bonus funding", Decimal("0.59")), ("meter rent", Decimal("0.83")),
        ("electricity tax", Decimal("0.74")), ("IVA", Decimal("7.76")), ("total", Decimal("85.32")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "surplus", "eur"),
    [
        (bonus("severe"), 0, "-15.17"),  # 57.5 % of 26.3886
        (bonus(limit_kwh="20000"), 0, "-37.06"),  # the limit is beyond all: 42.5 % of 12.91 + 74.30
        # 742 kWh, less 2 at 0.05: 74.10, of which 134.786301 / 742 are 13.4605; 42.5 % of 26.3705
        (bonus() | {"compensation": {"kind": "surplus"}}, 2_000_000, "-11.21"),
    ],
)
def test_severity_limit_and_compensation_by_hand(more: dict[str, Any], surplus: int, eur: str) -> None:
    assert amount(more, surplus) == Decimal(eur)


def test_a_bill_with_it_differs_from_one_without_by_it_and_its_taxes() -> None:
    """0.5 % is less than the minimum before and after, so IVA alone comes on top: 11.22 · 1.1 = 12.342."""
    (mine, _), (theirs, _) = made({}), made(bonus())
    found = {each.cause: each.eur for each in causes(ours(mine), ours(theirs).said, None)}
    assert found.pop("funding, meter and extras") == Decimal("-12.342")
    assert abs(sum(found.values(), Decimal(0))) <= Decimal("0.01")
    assert {cause for cause, eur in found.items() if eur} <= {"rounding"}


def test_a_year_without_its_row_and_a_change_within_the_days_are_refused() -> None:
    with pytest.raises(NoRule, match="social bonus: no row covers 2025-03-01"):
        made(bonus(), (date(2025, 3, 1), date(2025, 4, 1)))
    until = [REGULATED | bonus() | {"until": "2026-03-15"}, REGULATED | {"from": "2026-03-15"}]
    of = calendar(tariffs(), CONTRACTS.validate_python(until), *MARCH)
    market = Market({PVPC: dict.fromkeys(of.windows(), 100_000)})
    with pytest.raises(NotOneBill, match="the social bonus changes within these days"):
        bill(tariffs(), of, [Net(start, 0, 0, 0) for start in of.windows()], market)


def test_who_is_not_under_the_pvpc_has_none() -> None:
    with pytest.raises(ValidationError, match="it is for homes under the PVPC"):
        CONTRACTS.validate_python([HOME | bonus()])
