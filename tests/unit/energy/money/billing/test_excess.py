"""Excess power worked by hand, and as a plain search over quarter-hours says."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from conf.tariffs import tariffs
from energy.money.billing.bill import Bill, bill
from energy.money.billing.columns import columns
from energy.money.billing.days import Calendar, calendar
from energy.money.billing.excess import excess_is_billed, excess_lines
from energy.money.exact import EUR, cents
from energy.money.market import Market
from energy.money.netting import Flow, Metered, Net, net
from energy.money.official.statement import StatedLine, statement
from energy.money.saving import without_sharing
from tests.support.money.bills import HOME, KWH, contracts, local

QUARTER = timedelta(minutes=15)
JANUARY = (date(2026, 1, 1), date(2026, 2, 1))
SHOP: dict[str, Any] = HOME | {
    "access_tariff": "3.0TD", "power_kw": ["20"] * 6, "excess_power_eur_kw": "1.4064",
    "energy": {"kind": "flat", "price_eur_kwh": "0.10"},
}  # fmt: skip
AT_9, AT_8, AT_3 = (f"2026-01-14T0{hour}:00" for hour in (9, 8, 3))
"""Wednesday 14 January 2026: 09 is P1, 08 is P2, 03 is P6."""
Kwh = dict[str, list[float]]


def metered(of: Calendar, imports: Kwh, exports: Kwh | None = None, uses: Kwh | None = None) -> list[Net]:
    """The windows of the days: kWh of the quarter-hours of some hours, and 0 in all others."""
    starts = [start + n * QUARTER for start in of.windows() for n in range(of.window // QUARTER)]
    nothing = dict.fromkeys(starts, Flow(0))
    flows = [nothing | _flows(each) for each in (imports, exports or {}, uses or imports)]
    return net(of.windows(), of.window, Metered(*flows))


def _flows(hours: Kwh) -> dict[Any, Flow]:
    return {
        local(hour) + n * QUARTER: Flow(round(kwh * KWH)) for hour, each in hours.items() for n, kwh in enumerate(each)
    }


def excess(of: Bill) -> list[tuple[str, Decimal | None, Decimal]]:
    return [
        (line.period, line.quantity, cents(line.amount)) for line in of.lines if line.kind == "excess power"
    ]  # fmt: skip


def test_twice_what_the_greatest_quarter_hour_takes_above_the_contracted_power() -> None:
    """26 kW in P1: 2 · 6 · 1.4064 · 31 / 30 = 17.4394; 21 kW in P2: 2 · 1.4064 · 31 / 30 = 2.9066; 20 in P6: none."""
    of = calendar(tariffs(), contracts(SHOP), *JANUARY)
    used: Kwh = {AT_9: [5.5, 6.5, 6.0, 0], AT_8: [0, 0, 0, 5.25], AT_3: [5, 5, 5, 5]}
    windows = metered(of, used)
    found = bill(tariffs(), of, windows, Market({}))
    assert excess(found) == [("P1", Decimal(6), Decimal("17.44")), ("P2", Decimal(1), Decimal("2.91"))]
    assert excess_is_billed(of, windows)
    plain = calendar(tariffs(), contracts({**SHOP, "excess_power_eur_kw": None}), *JANUARY)
    without = bill(tariffs(), plain, windows, Market({}))
    # 20.35 more before taxes: 5.11269632 % and 21 % upon it, each tax rounded: 25.88
    more = found.cases[0].exact - without.cases[0].exact
    assert cents(more) == Decimal("25.88")
    assert (excess(without), excess_is_billed(plain, windows)) == ([], False)


def test_the_meter_sees_what_the_hour_offsets() -> None:
    """6 kWh in one quarter-hour, 6 kWh out in the next: nothing is billed as energy, 4 kW as excess."""
    of = calendar(tariffs(), contracts(SHOP), *JANUARY)
    found = bill(tariffs(), of, metered(of, {AT_9: [6, 0, 0, 0]}, {AT_9: [0, 6, 0, 0]}), Market({}))
    assert [line for line in found.lines if line.kind == "energy"] == []
    assert excess(found) == [("P1", Decimal(4), Decimal("11.63"))]  # 2 · 4 · 1.4064 · 31 / 30 = 11.6262


def test_each_contract_has_its_own_days_and_power() -> None:
    """14 days with 20 kW, 17 with 25 kW: 2 · 6 · 1.4064 · 14 / 30 = 7.8758, 2 · 1 · 1.4064 · 17 / 30 = 1.5939."""
    first, later = SHOP | {"until": "2026-01-15"}, SHOP | {"from": "2026-01-15", "power_kw": ["25"] * 6}
    of = calendar(tariffs(), contracts(first, later), *JANUARY)
    windows = metered(of, {AT_9: [6.5, 0, 0, 0], "2026-01-21T09:00": [6.5, 0, 0, 0]})
    lines = excess_lines(of, columns(of, windows))
    assert [(str(line.since), str(line.until), line.quantity, cents(line.amount)) for line in lines] == [
        ("2026-01-01", "2026-01-15", Decimal(6), Decimal("7.88")),
        ("2026-01-15", "2026-02-01", Decimal(1), Decimal("1.59")),
    ]


@pytest.mark.parametrize("flow", [Flow(KWH, False), Flow(KWH, True, False)])
def test_a_quarter_hour_that_was_not_metered_by_itself_leaves_it_out(flow: Flow) -> None:
    of = calendar(tariffs(), contracts(SHOP), *JANUARY)
    starts = [start + n * QUARTER for start in of.windows() for n in range(4)]
    imports = dict.fromkeys(starts, Flow(6 * KWH))
    windows = net(of.windows(), of.window, Metered(imports | {starts[100]: flow}, {}, imports))
    assert excess(bill(tariffs(), of, windows, Market({}))) == []
    assert not excess_is_billed(of, windows)
    assert excess_is_billed(of, net(of.windows(), of.window, Metered(imports, {}, imports)))


def test_a_saving_compares_with_the_excess_of_all_that_was_used() -> None:
    """22 kW came from the grid while 30 kW were used: without generation the excess is 10 kW, not 2."""
    of = calendar(tariffs(), contracts(SHOP), *JANUARY)
    windows = metered(of, {AT_9: [5.5, 0, 0, 0]}, uses={AT_9: [7.5, 0, 0, 0]})
    alone = without_sharing(of, windows)
    assert alone is not None
    assert excess(bill(tariffs(), *alone, Market({}))) == [("P1", Decimal(10), Decimal("29.07"))]
    assert excess(bill(tariffs(), of, windows, Market({}))) == [("P1", Decimal(2), Decimal("5.81"))]
    unmetered = [window._replace(used=()) for window in windows]
    assert without_sharing(of, unmetered) is None


def test_an_official_bill_has_it_with_the_power() -> None:
    days = JANUARY
    lines = [
        StatedLine("power", "P1", *days, Decimal(20), Decimal("20.376895"), Decimal("34.61")),
        StatedLine("excess power", "P1", *days, Decimal(6), Decimal("1.4064"), Decimal("17.44")),
        StatedLine("total", "", *days, None, None, Decimal("60")),
    ]
    assert statement(lines).power == Fraction("52.05")


@pytest.mark.parametrize(
    "wrong", [{"access_tariff": "2.0TD", "power_kw": ["10", "10"]}, {"power_kw": ["20"] * 5 + ["50.001"]}]
)
def test_a_contract_that_is_billed_otherwise_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="up to 50 kW; leave it out"):
        contracts(SHOP | wrong)
    assert contracts(SHOP | {"power_kw": ["50"] * 6})


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([("2026-03-27", "2026-03-31"), ("2026-10-24", "2026-10-27"), ("2026-02-27", "2026-03-02")]),
    st.lists(st.integers(0, 8 * KWH), min_size=7, max_size=40),
    st.sampled_from([15, 60]),
)
def test_it_is_a_plain_search_over_quarter_hours(days: tuple[str, str], some: list[int], minutes: int) -> None:
    stated = contracts(SHOP | {"power_kw": ["16", "17", "18", "19", "20", "21.5"],
                               "conventions": {"netting_minutes": minutes}})  # fmt: skip
    of = calendar(tariffs(), stated, *map(date.fromisoformat, days))
    starts = [start + n * QUARTER for start in of.windows() for n in range(of.window // QUARTER)]
    imports = {start: Flow(some[n * n % len(some)]) for n, start in enumerate(starts)}
    found = excess_lines(of, columns(of, net(of.windows(), of.window, Metered(imports, {}))))
    expected = {}
    for n, kw in enumerate(stated[0].power_kw, start=1):
        name = f"P{n}"
        most = max([flow.mwh for start, flow in imports.items() if of.of(start).periods.at(start) == name], default=0)
        above = Fraction(most * 4, KWH) - Fraction(kw)
        if above > 0:
            expected[name] = 2 * above * Fraction("1.4064") * len(of.days) / 30
    assert {line.period for line in found} == expected.keys()
    assert all(abs(line.amount - expected[line.period] * EUR) <= Fraction(1, 2) for line in found)
