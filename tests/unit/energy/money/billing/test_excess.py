"""Excess power worked by hand, and as a plain search over quarter-hours says."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf.tariffs import tariffs
from energy.calendar import months_later
from energy.money.billing.bill import Bill, bill
from energy.money.billing.columns import columns
from energy.money.billing.days import Calendar, calendar
from energy.money.billing.excess import excess_lines
from energy.money.billing.maximeter import with_maximeter
from energy.money.exact import cents
from energy.money.market import Market
from energy.money.netting import Flow, Metered, Net, net
from energy.money.official.statement import StatedLine, statement
from energy.money.saving import without_sharing
from tests.support.money.bills import HOME, KWH, contracts, local

QUARTER = timedelta(minutes=15)
JANUARY = (date(2026, 1, 1), date(2026, 2, 1))
SHOP: dict[str, Any] = HOME | {
    "access_tariff": "3.0TD", "power_kw": ["20"] * 6,
    "energy": {"kind": "flat", "price_eur_kwh": "0.10"},
}  # fmt: skip
AT_9, AT_8, AT_3 = (f"2026-01-14T0{hour}:00" for hour in (9, 8, 3))
"""Wednesday 14 January 2026: 09 is P1, 08 is P2, 03 is P6."""
Kwh = dict[str, list[float]]
USED: Kwh = {AT_9: [5.5, 6.5, 6.0, 0], AT_8: [0, 0, 0, 5.25], AT_3: [5, 5, 5, 5]}


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


def test_a_day_costs_what_the_greatest_quarter_hour_takes_above_the_contracted_power() -> None:
    """26 kW in P1: 6 · 0.171373 · 31 = 31.8754; 21 kW in P2: 0.090584 · 31 = 2.8081; 20 in P6: none."""
    of = calendar(tariffs(), contracts(SHOP), *JANUARY)
    found = bill(tariffs(), of, metered(of, USED), Market({}))
    assert excess(found) == [("P1", Decimal(6), Decimal("31.88")), ("P2", Decimal(1), Decimal("2.81"))]
    assert found.without_excess == ""
    within = calendar(tariffs(), contracts(SHOP | {"power_kw": ["26"] * 6}), *JANUARY)
    plain = bill(tariffs(), within, metered(within, USED), Market({}))
    assert (excess(plain), plain.without_excess) == ([], "")


def test_it_is_taxed_as_power_is() -> None:
    """31.875378 + 2.808104 more, 5.11269632 % and 21 % upon them: 34.683482 · 1.0511269632 · 1.21 = 44.1127."""
    of = calendar(tariffs(), contracts(SHOP), *JANUARY)
    with_excess = bill(tariffs(), of, metered(of, USED), Market({}))
    within = metered(of, {AT_9: [5, 5, 5, 3], AT_8: [0, 0.25, 0, 5], AT_3: [5, 5, 5, 5]})
    more = with_excess.cases[0].exact - bill(tariffs(), of, within, Market({})).cases[0].exact
    assert cents(more) == Decimal("44.11")


@pytest.mark.parametrize(
    ("day", "tariff", "expected"),
    [
        # 6 kW: the price of 2021 is 1.4064 a month of 30 days, twice; that of 2024 0.111643 and 0.117264 a day, twice
        ("2021-06", "3.0TD", "16.88"),  # 2 · 6 · 1.4064 · 30 / 30 = 16.8768
        ("2024-02", "3.0TD", "38.85"),  # 2 · 6 · 0.111643 · 29 = 38.8518
        ("2024-02", "6.1TD", "40.81"),  # 2 · 6 · 0.117264 · 29 = 40.8079
        ("2025-07", "3.0TD", "31.42"),  # 6 · 0.168944 · 31 = 31.4236
        ("2025-07", "6.1TD", "50.69"),  # 6 · 0.272540 · 31 = 50.6924
        ("2026-07", "6.1TD", "51.29"),  # 6 · 0.275735 · 31 = 51.2867
    ],
)
def test_prices_by_date(day: str, tariff: str, expected: str) -> None:
    """26 kW at 12 on the second Wednesday of a month whose noon is P1: the price of P1."""
    first = date.fromisoformat(f"{day}-01")
    wednesday = first + timedelta(days=(2 - first.weekday()) % 7 + 7)
    of = calendar(tariffs(), contracts(SHOP | {"access_tariff": tariff}), first, months_later(first))
    hour = f"{wednesday}T12:00"
    period = of.of(local(hour)).periods.at(local(hour))
    found = excess_lines(of, columns(of, metered(of, {hour: [6.5, 0, 0, 0]})))
    if day == "2021-06":  # June is P3, whose price was that of P1 then
        assert period == "P3"
    assert [(line.period, line.quantity, cents(line.amount)) for line in found] == [
        (period, Decimal(6), Decimal(expected))
    ]


def test_above_50_kw_every_quarter_hour_counts() -> None:
    """60 kW: 3 and 4 kW above in P1: 5 · 3.325715 = 16.6286, 12 twice in P2: 12 · √2 · 1.757877 = 29.8321."""
    of = calendar(tariffs(), contracts(SHOP | {"power_kw": ["60"] * 6}), *JANUARY)
    found = bill(tariffs(), of, metered(of, {AT_9: [15.75, 16, 15, 0], AT_8: [18, 18, 0, 0]}), Market({}))
    assert [(period, eur) for period, _, eur in excess(found)] == [("P1", Decimal("16.63")), ("P2", Decimal("29.83"))]
    assert excess(found)[0][1] == 5


def test_a_home_pays_it_where_a_maximeter_measures_demand() -> None:
    """2.0TD, 10 kW: at 09 (P2 of energy, P1 of power) 12 kW, at 03 11 kW: 2 · 0.279426 · 31 and 0.005316 · 31."""
    home = HOME | {"power_kw": ["10", "10"]}
    used: Kwh = {AT_9: [3, 0, 0, 0], AT_3: [2.75, 0, 0, 0]}
    of = calendar(tariffs(), contracts(home | {"maximeter": True}), *JANUARY)
    found = bill(tariffs(), of, metered(of, used), Market({}))
    assert excess(found) == [("P1", Decimal(2), Decimal("17.32")), ("P2", Decimal(1), Decimal("0.16"))]
    switched = calendar(tariffs(), contracts(home), *JANUARY)
    plain = bill(tariffs(), switched, metered(switched, used), Market({}))
    assert (excess(plain), plain.without_excess) == ([], "")


def test_the_meter_sees_what_the_hour_offsets() -> None:
    """6 kWh in one quarter-hour, 6 kWh out in the next: nothing is billed as energy, 4 kW as excess."""
    of = calendar(tariffs(), contracts(SHOP), *JANUARY)
    found = bill(tariffs(), of, metered(of, {AT_9: [6, 0, 0, 0]}, {AT_9: [0, 6, 0, 0]}), Market({}))
    assert [line for line in found.lines if line.kind == "energy"] == []
    assert excess(found) == [("P1", Decimal(4), Decimal("21.25"))]  # 4 · 0.171373 · 31 = 21.2503


def test_each_contract_has_its_own_days_and_power() -> None:
    """14 days with 20 kW, 17 with 25 kW: 6 · 0.171373 · 14 = 14.3953, 1 · 0.171373 · 17 = 2.9133."""
    first, later = SHOP | {"until": "2026-01-15"}, SHOP | {"from": "2026-01-15", "power_kw": ["25"] * 6}
    of = calendar(tariffs(), contracts(first, later), *JANUARY)
    windows = metered(of, {AT_9: [6.5, 0, 0, 0], "2026-01-21T09:00": [6.5, 0, 0, 0]})
    lines = excess_lines(of, columns(of, windows))
    assert [(str(line.since), str(line.until), line.quantity, cents(line.amount)) for line in lines] == [
        ("2026-01-01", "2026-01-15", Decimal(6), Decimal("14.40")),
        ("2026-01-15", "2026-02-01", Decimal(1), Decimal("2.91")),
    ]


@pytest.mark.parametrize("flow", [Flow(KWH, False), Flow(KWH, True, False)])
def test_a_quarter_hour_that_was_not_metered_by_itself_leaves_it_out(flow: Flow) -> None:
    of = calendar(tariffs(), contracts(SHOP), *JANUARY)
    starts = [start + n * QUARTER for start in of.windows() for n in range(4)]
    imports = dict.fromkeys(starts, Flow(6 * KWH))
    windows = net(of.windows(), of.window, Metered(imports | {starts[100]: flow}, {}, imports))
    found = bill(tariffs(), of, windows, Market({}))
    assert excess(found) == []
    assert found.without_excess == "not every quarter-hour was metered by itself"


@pytest.mark.parametrize(
    ("days", "why"),
    [
        (("2025-03-01", "2025-04-01"), "no price of it is known on 2025-03-01"),
        (("2025-03-20", "2025-04-20"), "no price of it is known on 2025-03-20"),
        (("2026-01-01", "2026-03-01"), "it is billed by the month; end on 2026-02-01 or before"),
    ],
)
def test_days_of_which_it_is_not_billed_are_said(days: tuple[str, str], why: str) -> None:
    of = calendar(tariffs(), contracts(SHOP), *map(date.fromisoformat, days))
    found = bill(tariffs(), of, metered(of, {f"{days[0]}T09:00": [9, 0, 0, 0]}), Market({}))
    assert (excess(found), found.without_excess) == ([], why)


def test_what_the_maximeter_showed_of_the_month_comes_first() -> None:
    """24 kW in P1, 19 in P2, 22.5 in P6 of January: 4 · 0.171373 · 31, 2.5 · 0.006142 · 31, whatever was metered."""
    stated = {"P1": 24_000.0, "P2": 19_000.0, "P6": 22_500.0}
    of = calendar(tariffs(), contracts(SHOP), *JANUARY)
    found = bill(tariffs(), with_maximeter(of, stated), metered(of, USED), Market({}))
    assert excess(found) == [("P1", Decimal(4), Decimal("21.25")), ("P6", Decimal("2.5"), Decimal("0.48"))]
    unmetered = [window._replace(imports=(), used=()) for window in metered(of, USED)]
    alone = bill(tariffs(), with_maximeter(of, stated), unmetered, Market({}))
    assert (excess(alone), alone.without_excess) == (excess(found), "")
    assert without_sharing(with_maximeter(of, stated), unmetered) is None


@pytest.mark.parametrize(
    ("days", "stated"),
    [
        (("2026-01-01", "2026-02-01"), {"P1": 24_000.0, "P2": 19_000.0}),  # of P6 nothing is stated
        (("2026-01-01", "2026-02-01"), {}),
        (("2026-01-10", "2026-02-10"), {f"P{n}": 24_000.0 for n in range(1, 7)}),  # not the month of the maximeter
    ],
)
def test_a_maximeter_without_all_periods_says_nothing(days: tuple[str, str], stated: dict[str, float]) -> None:
    of = calendar(tariffs(), contracts(SHOP), *map(date.fromisoformat, days))
    assert with_maximeter(of, stated) == of


def test_a_maximeter_says_nothing_of_powers_that_changed_within_the_month_nor_of_every_quarter_hour() -> None:
    stated = {f"P{n}": 70_000.0 for n in range(1, 7)}
    first, later = SHOP | {"until": "2026-01-15"}, SHOP | {"from": "2026-01-15", "power_kw": ["25"] * 6}
    for some in (contracts(first, later), contracts(SHOP | {"power_kw": ["60"] * 6})):
        of = with_maximeter(calendar(tariffs(), some, *JANUARY), stated)
        unmetered = [window._replace(imports=()) for window in metered(of, {})]
        found = bill(tariffs(), of, unmetered, Market({}))
        assert (excess(found), found.without_excess) == ([], "not every quarter-hour was metered by itself")


def test_a_home_has_two_periods_of_power_and_three_of_energy() -> None:
    """P1 and P2 of energy are P1 of power: 12 kW in P2 of 10 contracted."""
    home = contracts(HOME | {"power_kw": ["10", "10"], "maximeter": True})
    of = with_maximeter(calendar(tariffs(), home, *JANUARY), {"P1": 9_000.0, "P2": 12_000.0, "P3": 9_500.0})
    found = bill(tariffs(), of, metered(of, {}), Market({}))
    assert excess(found) == [("P1", Decimal(2), Decimal("17.32"))]


def test_a_saving_compares_with_the_excess_of_all_that_was_used() -> None:
    """22 kW came from the grid while 30 kW were used: without generation the excess is 10 kW, not 2."""
    of = calendar(tariffs(), contracts(SHOP), *JANUARY)
    windows = metered(of, {AT_9: [5.5, 0, 0, 0]}, uses={AT_9: [7.5, 0, 0, 0]})
    alone = without_sharing(of, windows)
    assert alone is not None
    assert excess(bill(tariffs(), *alone, Market({}))) == [("P1", Decimal(10), Decimal("53.13"))]
    assert excess(bill(tariffs(), of, windows, Market({}))) == [("P1", Decimal(2), Decimal("10.63"))]
    unmetered = [window._replace(used=()) for window in windows]
    assert without_sharing(of, unmetered) is None


def test_an_official_bill_has_it_with_the_power() -> None:
    days = JANUARY
    lines = [
        StatedLine("power", "P1", *days, Decimal(20), Decimal("20.376895"), Decimal("34.61")),
        StatedLine("excess power", "P1", *days, Decimal(6), Decimal("0.171373"), Decimal("31.88")),
        StatedLine("total", "", *days, None, None, Decimal("80")),
    ]
    assert statement(lines).power == Fraction("66.49")


def test_prices_go_by_the_tolls_of_their_year() -> None:
    """The price of each period is to P1's as its toll of power is, but for their rounding."""
    for access in tariffs().access.values():
        for rule in access.excess.rows:
            tolls = access.tolls.on(rule.since).value.power
            by_period = [rule.value.a_month, *([rule.value.a_day] if rule.since.year >= 2025 else [])]
            for prices in filter(None, by_period):
                ratios = [(price / prices[0], toll / tolls[0]) for toll, price in zip(tolls, prices, strict=True)]
                assert all(abs(of_price - of_toll) < 1e-5 for of_price, of_toll in ratios), (access.name, rule.since)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([("2026-03-27", "2026-03-31"), ("2026-10-24", "2026-10-27"), ("2026-02-27", "2026-03-02")]),
    st.lists(st.integers(0, 8 * KWH), min_size=7, max_size=40),
    st.sampled_from([15, 60]),
    st.sampled_from([0, 40]),
)
def test_it_is_a_plain_search_over_quarter_hours(
    days: tuple[str, str], some: list[int], minutes: int, more: int
) -> None:
    power = [str(Decimal(kw) + more) for kw in ("16", "17", "18", "19", "20", "21.5")]
    stated = contracts(SHOP | {"power_kw": power, "conventions": {"netting_minutes": minutes}})
    of = calendar(tariffs(), stated, *map(date.fromisoformat, days))
    starts = [start + n * QUARTER for start in of.windows() for n in range(of.window // QUARTER)]
    imports = {start: Flow(some[n * n % len(some)]) for n, start in enumerate(starts)}
    found = excess_lines(of, columns(of, net(of.windows(), of.window, Metered(imports, {}))))
    assert {(line.period, line.amount) for line in found} == {
        (name, amount) for name, amount in _searched(of, stated[0].power_kw, imports) if amount
    }


def _searched(of: Calendar, power_kw: list[Decimal], imports: dict[Any, Flow]) -> list[tuple[str, int]]:
    found = []
    for n, kw in enumerate(power_kw):
        name, prices = f"P{n + 1}", of.days[0].excess
        assert prices is not None
        taken = [flow.mwh for start, flow in imports.items() if of.of(start).periods.at(start) == name]
        above = [Fraction(4 * mwh, KWH) - Fraction(kw) for mwh in taken if Fraction(4 * mwh, KWH) > Fraction(kw)]
        if max(power_kw) <= 50:
            exact = Decimal(str(float(max(above, default=Fraction(0)) * 1000))) / 1000
            found.append((name, int(exact * prices.a_day[n] * len(of.days) * 10**6)))
        else:
            with localcontext(Context(prec=60)):
                squares = sum((each * each for each in above), Fraction(0))
                root = (Decimal(squares.numerator) / Decimal(squares.denominator)).sqrt()
                found.append((name, int((root * prices.a_month[n] * 10**6).to_integral_value(ROUND_HALF_UP))))
    return found
