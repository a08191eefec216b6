"""Bills worked by hand from the rules, to the cent."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.tariffs import tariffs
from energy.money.billing.bill import bill
from energy.money.billing.days import NotOneBill, calendar
from energy.money.contract import NoContract
from energy.money.dated import NoRule
from energy.money.exact import EUR, cents, euros
from energy.money.market import Market, NoPrice
from energy.money.netting import Net
from energy.money.saving import without_sharing
from tests.support.money.bills import (
    AGREED,
    FIXED,
    HOME,
    KWH,
    amounts,
    billed,
    contracts,
    every_hour,
    grid,
    local,
    windows,
)

JANUARY = ("2026-01-01", "2026-02-01")
# Wednesday 14 January 2026: 03 is P3, 09 is P2, 11 and 12 are P1.
USED = [grid("2026-01-14T11:00", 10), grid("2026-01-14T09:00", 20), grid("2026-01-14T03:00", 30)]


def eur(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


def test_a_month_of_a_home_with_surplus_below_the_cap() -> None:
    """31 days of 4.6 kW at 27.704413 and 0.725423 EUR/kW year; 10, 20, 30 kWh at 0.20, 0.15, 0.10; 25 kWh at 0.06."""
    found = billed(contracts(HOME | {"compensation": AGREED}), JANUARY, [*USED, grid("2026-01-14T12:00", 0, 25)])
    assert amounts(found) == [
        ("power", "P1", Decimal("10.82")),  # 4.6 · 27.704413 · 31 / 365 = 10.8237
        ("power", "P2", Decimal("0.28")),  # 4.6 · 0.725423 · 31 / 365 = 0.2834
        ("energy", "P1", Decimal("2.00")),
        ("energy", "P2", Decimal("3.00")),
        ("energy", "P3", Decimal("3.00")),
        ("compensation", "agreed", Decimal("-1.50")),
        ("meter rent", "", Decimal("0.83")),  # 0.81 · 12 · 31 / 365 = 0.8255
        ("electricity tax", "", Decimal("0.90")),  # 5.11269632 % of 17.60 = 0.8998
        ("IVA", "", Decimal("4.06")),  # 21 % of 17.60 + 0.90 + 0.83 = 4.0593
        ("total", "", Decimal("23.39")),
    ]
    assert (found.beyond_cap, found.is_complete) == (0, True)


def test_the_cap_is_reached_in_euros_and_nothing_is_carried_over() -> None:
    """200 kWh of surplus are worth 12.00, the energy term is 8.00: 8.00 come off, 4.00 are lost."""
    found = billed(contracts(HOME | {"compensation": AGREED}), JANUARY, [*USED, grid("2026-01-14T12:00", 0, 200)])
    assert ("compensation", "agreed", Decimal("-8.00")) in amounts(found)
    assert euros(found.beyond_cap) == 4
    # 5.11269632 % of 11.10 = 0.5675; 21 % of 11.10 + 0.57 + 0.83 = 2.625, which is 2.63
    assert [amount for _, _, amount in amounts(found)[-3:]] == eur("0.57", "2.63", "15.13")


def test_the_cap_may_leave_tolls_out() -> None:
    """Tolls and charges of 2026 in 10, 20, 30 kWh: 0.097553, 0.029267, 0.003292 EUR/kWh, 1.65963 together."""
    stated = contracts(HOME | {"compensation": AGREED, "conventions": {"cap": "energy_without_tolls"}})
    found = billed(stated, JANUARY, [*USED, grid("2026-01-14T12:00", 0, 200)])
    assert ("compensation", "agreed", Decimal("-6.34")) in amounts(found)


def test_surplus_dearer_than_the_grid_is_capped_in_euros_not_in_kwh() -> None:
    """10 kWh from the grid at 0.05 EUR/kWh, 8 kWh of surplus at 0.07: worth 0.56, taken off 0.50."""
    taken, given_away = local("2026-01-14T11:00"), local("2026-01-14T12:00")
    market = Market({"pvpc": {taken: 50_000}, "surplus": {given_away: 70_000}})
    stated = contracts(HOME | {"energy": {"kind": "pvpc"}, "compensation": {"kind": "surplus"}})
    found = billed(stated, JANUARY, [grid("2026-01-14T11:00", 10), grid("2026-01-14T12:00", 0, 8)], market)
    kinds = {(kind, period): amount for kind, period, amount in amounts(found)}
    assert kinds["energy", "P1"] == Decimal("0.50")
    assert kinds["compensation", "surplus"] == Decimal("-0.50")
    assert kinds["margin", "P1"] == Decimal("1.22")  # 4.6 · 3.113 · 31 / 365 = 1.2162
    assert kinds["social bonus funding", ""] == Decimal("0.59")  # 6.979247 · 31 / 365 = 0.5928
    assert euros(found.beyond_cap) == Decimal("0.06")


@pytest.mark.parametrize(
    ("rule", "prices", "off"),
    [
        ("month", (60_000, -20_000), "0.40"),  # 10 · 0.06 − 10 · 0.02
        ("hour", (60_000, -20_000), "0.60"),
        ("month", (-60_000, 20_000), "0"),
        ("hour", (-60_000, 20_000), "0.20"),
    ],
)
def test_negative_surplus_prices_never_raise_the_bill(rule: str, prices: tuple[int, int], off: str) -> None:
    hours = [grid("2026-01-14T12:00", 0, 10), grid("2026-01-14T13:00", 0, 10)]
    market = Market({"surplus": dict(zip((hour.start for hour in hours), prices, strict=True))})
    stated = contracts(HOME | {"compensation": {"kind": "surplus"}, "conventions": {"negative_surplus": rule}})
    found = billed(stated, JANUARY, [*USED, *hours], market)
    assert ("compensation", "surplus", -Decimal(off)) in amounts(found)


@pytest.mark.parametrize(
    ("days", "number"), [(("2026-03-01", "2026-04-01"), 743), (("2026-10-01", "2026-11-01"), 745), (JANUARY, 744)]
)
def test_months_of_23_and_25_hours(days: tuple[str, str], number: int) -> None:
    """1 kWh in every hour of the month at one price: each hour is billed once."""
    stated = contracts(HOME | {"energy": {"kind": "flat", "price_eur_kwh": "0.10"}})
    of = calendar(tariffs(), stated, *map(date.fromisoformat, days))
    starts = of.windows()
    assert len(starts) == len(set(starts)) == number
    found = bill(tariffs(), of, [Net(start, KWH, 0, KWH) for start in starts], Market({}))
    assert sum(line.amount for line in found.lines if line.kind == "energy") == number * EUR // 10


def test_a_pvpc_week_of_169_hours() -> None:
    """Monday 19 to Sunday 25 October 2026, 1 kWh an hour: hour n of the week costs n thousandths of an euro.

    Of 5 working days P1 has hours 10–13 and 18–21, P2 8, 9, 14–17, 22, 23; all others are P3.
    """
    starts = every_hour(local("2026-10-19T00:00"), 169)
    market = Market({"pvpc": {start: n * 1000 for n, start in enumerate(starts)}})
    of = calendar(tariffs(), contracts(HOME | {"energy": {"kind": "pvpc"}}), date(2026, 10, 19), date(2026, 10, 26))
    assert of.windows() == starts
    found = bill(tariffs(), of, [Net(start, KWH, 0, KWH) for start in starts], market)
    peak, flat = (10, 11, 12, 13, 18, 19, 20, 21), (8, 9, 14, 15, 16, 17, 22, 23)
    of_peak, of_flat = (sum(24 * day + hour for day in range(5) for hour in hours) for hours in (peak, flat))
    rest = sum(range(169)) - of_peak - of_flat
    lines = {line.period: line for line in found.supplied.lines}
    assert [lines[name].amount for name in ("P1", "P2", "P3")] == [n * EUR // 1000 for n in (of_peak, of_flat, rest)]
    assert [lines[name].quantity for name in ("P1", "P2", "P3")] == [40, 40, 89]
    assert [cents(lines[name].amount) for name in ("P1", "P2", "P3")] == eur("2.54", "2.54", "9.12")


def test_joins_of_contracts_split_lines_where_something_changes() -> None:
    """To 15 January 4.6 kW and 0.20 in P1, from then on 3.45 kW and 0.25: 14 and 17 days."""
    later = FIXED | {"prices_eur_kwh": ["0.25", "0.15", "0.10"]}
    stated = contracts(
        HOME | {"until": "2026-01-15"}, HOME | {"from": "2026-01-15", "power_kw": ["3.45", "3.45"], "energy": later}
    )
    hours = [grid("2026-01-14T11:00", 10), grid("2026-01-15T11:00", 10)]
    lines = billed(stated, JANUARY, hours).lines
    assert [(line.period, line.quantity, cents(line.amount)) for line in lines if line.kind == "power"] == [
        ("P1", Decimal("4.6"), Decimal("4.89")),  # 4.6 · 27.704413 · 14 / 365 = 4.8881
        ("P2", Decimal("4.6"), Decimal("0.13")),  # 4.6 · 0.725423 · 14 / 365 = 0.1280
        ("P1", Decimal("3.45"), Decimal("4.45")),  # 3.45 · 27.704413 · 17 / 365 = 4.4517
        ("P2", Decimal("3.45"), Decimal("0.12")),  # 3.45 · 0.725423 · 17 / 365 = 0.1166
    ]
    assert [cents(line.amount) for line in lines if line.kind == "energy"] == eur("2.00", "2.50")


def test_a_power_that_returns_has_a_line_for_each_of_its_times() -> None:
    """10 days of 4.6 kW, 10 of 5.75, 11 of 4.6: the days of all lines are those of the month."""
    stated = contracts(
        HOME | {"until": "2026-01-11"},
        HOME | {"from": "2026-01-11", "until": "2026-01-21", "power_kw": ["5.75", "5.75"]},
        HOME | {"from": "2026-01-21"},
    )
    lines = [line for line in billed(stated, JANUARY, []).lines if line.kind == "power" and line.period == "P1"]
    assert [((line.until - line.since).days, line.quantity, cents(line.amount)) for line in lines] == [
        (10, Decimal("4.6"), Decimal("3.49")),  # 4.6 · 27.704413 · 10 / 365 = 3.4915
        (10, Decimal("5.75"), Decimal("4.36")),  # 5.75 · 27.704413 · 10 / 365 = 4.3644
        (11, Decimal("4.6"), Decimal("3.84")),  # 4.6 · 27.704413 · 11 / 365 = 3.8406
    ]


@pytest.mark.parametrize(
    ("since", "kind", "days", "is_said"),
    [
        ("2022-05-01", FIXED, ("2022-06-01", "2022-06-15"), False),
        ("2022-05-01", FIXED, ("2022-06-01", "2022-06-16"), True),
        ("2022-05-01", FIXED, ("2023-12-31", "2024-01-02"), True),
        ("2022-05-01", FIXED, ("2024-01-01", "2024-01-02"), False),
        ("2022-04-26", FIXED, ("2022-07-01", "2022-08-01"), False),
        ("2022-05-01", {"kind": "indexed", "markup_eur_kwh": ["0.01"]}, ("2022-07-01", "2022-08-01"), False),
    ],
)
def test_a_price_agreed_on_in_2022_may_owe_the_gas_adjustment(
    since: str, kind: dict[str, Any], days: tuple[str, str], is_said: bool
) -> None:
    found = billed(contracts(HOME | {"from": since, "energy": kind}), days, [])
    assert found.not_included == ({"gas adjustment": "its price is not known here"} if is_said else {})
    assert found.lacks == ("not included: gas adjustment (its price is not known here)" if is_said else "")


def test_tolls_that_change_inside_the_period() -> None:
    """Power from 2 March to 2 April 2022: charges fall on 31 March, so 29 days and 3."""
    found = billed(contracts(HOME), ("2022-03-02", "2022-04-03"), [])
    power = [(line.since.isoformat(), line.price, cents(line.amount)) for line in found.lines if line.period == "P1"]
    assert power == [
        ("2022-03-02", Decimal("27.958789"), Decimal("10.22")),  # 4.6 · 27.958789 · 29 / 365 = 10.2184
        ("2022-03-31", Decimal("26.164043"), Decimal("0.99")),  # 4.6 · 26.164043 · 3 / 365 = 0.9892
    ]


def test_the_funding_of_the_social_bonus_across_its_change() -> None:
    """June 2026: 25 days at 6.979247 and 5 at 9.011295 EUR a year."""
    market = Market({})
    found = billed(contracts(HOME | {"energy": {"kind": "pvpc"}}), ("2026-06-01", "2026-07-01"), [], market)
    funding = [(line.quantity, cents(line.amount)) for line in found.lines if line.kind == "social bonus funding"]
    assert funding == [(Decimal(25), Decimal("0.48")), (Decimal(5), Decimal("0.12"))]  # 0.47803, 0.12344


@pytest.mark.parametrize(
    ("due", "tax", "vat", "total"),
    [
        # power 11.10, energy 8.00: 19.10; meter 0.83
        ("2026-01-31", "0.98", "4.39", "25.30"),  # 5.11269632 % = 0.9765; 21 % of 20.91 = 4.3911
        ("2026-03-21", "0.98", "4.39", "25.30"),
        ("2026-03-22", "0.10", "2.00", "22.03"),  # 0.5 % = 0.0955, the minimum is 0.06; 10 % of 20.03 = 2.003
        ("2026-06-01", "0.98", "4.39", "25.30"),
    ],
)
def test_taxes_are_those_of_the_day_the_bill_falls_due(due: str, tax: str, vat: str, total: str) -> None:
    found = billed(contracts(HOME), JANUARY, USED, due=due)
    assert [amount for _, _, amount in amounts(found)[-3:]] == eur(tax, vat, total)


def test_the_minimum_of_the_electricity_tax_wins() -> None:
    """400 kWh owe at least 0.40 EUR; 0.5 % of 51.10 is 0.26."""
    found = billed(contracts(HOME), JANUARY, [grid("2026-01-14T03:00", 400)], due="2026-04-15")
    assert ("electricity tax", "", Decimal("0.40")) in amounts(found)


def test_a_total_that_depends_on_what_is_not_known_is_given_twice() -> None:
    found = billed(contracts(HOME), JANUARY, USED, due="2026-11-15")
    assert [cents(case.total) for case in found.cases] == eur("25.30", "22.03")
    assert "September" in found.cases[1].condition


@pytest.mark.parametrize(
    ("territory", "taxes"),
    [
        # 19.10, electricity tax 0.98, meter 0.83
        ("peninsula", [("IVA", "4.39")]),
        ("baleares", [("IVA", "4.39")]),
        ("canarias", [("IGIC", "0.00"), ("IGIC", "0.06")]),  # 0 % of 20.08, 7 % of 0.83
        ("ceuta", [("IPSI", "0.20"), ("IPSI", "0.03")]),  # 1 % of 20.08, 4 % of 0.83
        ("melilla", [("IPSI", "0.20"), ("IPSI", "0.03")]),
    ],
)
def test_the_five_territories(territory: str, taxes: list[tuple[str, str]]) -> None:
    """In Ceuta and Melilla P1 begins at 11 and P2 at 8, as in the hours used; the Canary clock is its own."""
    hours = [grid(f"2026-01-14T{hour}:00", kwh, 0, territory) for hour, kwh in (("11", 10), ("09", 20), ("03", 30))]
    found = billed(contracts(HOME | {"territory": territory}), JANUARY, hours)
    assert [(kind, amount) for kind, _, amount in amounts(found) if kind in ("IVA", "IGIC", "IPSI")] == [
        (name, Decimal(text)) for name, text in taxes
    ]
    assert [amount for kind, _, amount in amounts(found) if kind == "energy"] == eur("2.00", "3.00", "3.00")


def test_ten_o_clock_is_dear_in_the_peninsula_and_not_in_ceuta() -> None:
    for territory, period in (("peninsula", "P1"), ("canarias", "P1"), ("ceuta", "P2"), ("melilla", "P2")):
        stated = contracts(HOME | {"territory": territory})
        found = billed(stated, JANUARY, [grid("2026-01-14T10:00", 1, 0, territory)])
        assert [line.period for line in found.lines if line.kind == "energy"] == [period]


@pytest.mark.parametrize(("convention", "price"), [("clock", "0.10"), ("instant", "0.20")])
def test_the_pvpc_of_canarias_by_the_peninsulas_clock_or_instant(convention: str, price: str) -> None:
    """10 o'clock in Canarias is 11 in Madrid; at Madrid's 10 o'clock the price is 0.10, an hour later 0.20."""
    ten = local("2026-01-14T10:00", "canarias")
    market = Market({"pvpc": {local("2026-01-14T10:00"): 100_000, ten: 200_000}})
    energy = {"kind": "pvpc"}
    stated = contracts(HOME | {"territory": "canarias", "energy": energy, "conventions": {"canary_pvpc": convention}})
    found = billed(stated, JANUARY, [Net(ten, KWH, 0, KWH)], market)
    assert [cents(line.amount) for line in found.lines if line.kind == "energy"] == eur(price)


def test_an_indexed_contract_adds_losses_markup_and_tolls() -> None:
    """Spot 0.08 with the losses of P1 (16.7 %) is 0.09336, with 0.01 markup 0.10336; tolls and charges 0.097553."""
    energy = {"kind": "indexed", "markup_eur_kwh": ["0.01"], "losses": True}
    market = Market({"spot": {local("2026-01-14T11:00"): 80_000}})
    found = billed(contracts(HOME | {"energy": energy}), JANUARY, [grid("2026-01-14T11:00", 100)], market)
    lines = [(line.kind, cents(line.amount)) for line in found.lines if line.unit == "kWh"]
    assert lines == [("energy", Decimal("10.34")), ("tolls and charges", Decimal("9.76"))]


def test_six_periods() -> None:
    """3.0TD, 20 kW in every period, January: 09 is P1, 08 is P2, 03 is P6; indexed without losses."""
    energy = {"kind": "fixed", "prices_eur_kwh": ["0.30", "0.25", "0.20", "0.15", "0.10", "0.05"]}
    stated = contracts(HOME | {"access_tariff": "3.0TD", "power_kw": ["20"] * 6, "energy": energy})
    hours = [grid(f"2026-01-14T{hour}:00", 100) for hour in ("09", "08", "03")]
    found = billed(stated, JANUARY, hours)
    lines = [(line.period, cents(line.amount)) for line in found.lines if line.kind == "energy"]
    assert lines == [("P1", Decimal(30)), ("P2", Decimal(25)), ("P6", Decimal(5))]
    first = next(line for line in found.lines if line.kind == "power")
    assert cents(first.amount) == Decimal("34.61")  # 20 · (14.935084 + 5.441843) · 31 / 365 = 34.6129


def test_a_leap_year_by_either_convention() -> None:
    """31 days of 1 kW at 25.391661 EUR: 2.1566 by 365 days, 2.1507 by 366."""
    for convention, amount in (("365", "2.16"), ("calendar", "2.15")):
        stated = contracts(HOME | {"power_kw": ["1", "1"], "conventions": {"year_days": convention}})
        found = billed(stated, ("2024-01-01", "2024-02-01"), [])
        assert cents(next(line.amount for line in found.lines if line.period == "P1")) == Decimal(amount)


def test_hours_without_values_make_the_bill_incomplete_and_are_in_no_line() -> None:
    unknown = Net(local("2026-01-14T13:00"), 0, 0, None, False, False)
    found = billed(contracts(HOME), JANUARY, [*USED, unknown])
    assert (found.is_complete, found.unknown, found.windows) == (False, 1, 744)
    assert amounts(found) == amounts(billed(contracts(HOME), JANUARY, USED))


def test_estimated_energy_stands_beside_what_was_measured() -> None:
    guess = grid("2026-01-15T11:00", 5)._replace(is_measured=False)
    line = next(line for line in billed(contracts(HOME), JANUARY, [*USED, guess]).lines if line.kind == "energy")
    assert (line.period, line.quantity, line.estimated_kwh) == ("P1", Decimal(15), Decimal(5))


def test_the_saving_is_against_the_same_use_without_sharing() -> None:
    """25 kWh in P1 were used beside the grid's, at 0.20 EUR: 5.00 before taxes, and 1.50 of surplus come off."""
    used_at_noon = Net(local("2026-01-14T13:00"), 0, 25 * KWH, 25 * KWH)
    of = calendar(tariffs(), contracts(HOME | {"compensation": AGREED}), date(2026, 1, 1), date(2026, 2, 1))
    hours = windows(of, {each.start: each for each in [*USED, used_at_noon]})
    shared = bill(tariffs(), of, hours, Market({}))
    plain = without_sharing(of, hours)
    assert plain is not None
    alone = bill(tariffs(), *plain, Market({}))
    # 24.10 and 5.11269632 % of it, 1.23; the meter's 0.83; 21 % of 26.16, 5.49
    assert (cents(shared.cases[0].total), cents(alone.cases[0].total)) == (Decimal("23.39"), Decimal("31.65"))
    assert without_sharing(of, [hour._replace(use=None) for hour in hours]) is None


def test_the_two_roundings_part() -> None:
    """Three lines of 0.005 EUR are 0.03 when each is rounded up, 0.015 together."""
    hours = [grid(f"2026-01-14T{hour}:00", kwh) for hour, kwh in (("11", 0.025), ("09", 0.033334), ("03", 0.05))]
    found = billed(contracts(HOME | {"meter": "own"}), JANUARY, hours)
    energy = [cents(line.amount) for line in found.lines if line.kind == "energy"]
    assert energy == eur("0.01", "0.01", "0.01")
    case = found.cases[0]
    power = Decimal("4.6") * (Decimal("27.704413") + Decimal("0.725423")) * 31 / 365
    exact = (power + Decimal("0.0150001")) * Decimal("1.0511269632") * Decimal("1.21")
    assert abs(euros(case.exact) - exact) < Decimal("1e-11")
    # 10.82 + 0.28 + 0.03, tax 0.57, VAT 21 % of 11.70 = 2.457
    assert (cents(case.total), cents(case.exact)) == (Decimal("14.16"), Decimal("14.15"))


@pytest.mark.parametrize(
    ("stated", "days", "error", "said"),
    [
        ([HOME | {"until": "2026-01-20"}], JANUARY, NoContract, "2026-01-20"),
        ([HOME | {"from": "2026-01-02"}], JANUARY, NoContract, "2026-01-01"),
        ([HOME], ("2026-12-15", "2027-01-15"), NoRule, "2027-01-01"),
        ([HOME | {"energy": {"kind": "pvpc"}}], ("2024-05-01", "2024-06-01"), NoRule, "no row covers 2024-05-01"),
        ([HOME | {"energy": {"kind": "pvpc"}}], JANUARY, NoPrice, "2026-01-14T10:00Z"),
        ([HOME | {"compensation": AGREED}], ("2026-01-01", "2026-02-02"), NotOneBill, "2026-02-01 or before"),
        ([HOME], ("2026-01-01", "2026-01-01"), NotOneBill, "must end after"),
        ([HOME | {"until": "2026-01-20"}, HOME | {"from": "2026-01-20", "territory": "ceuta"}], JANUARY, NotOneBill,
         "differ in territory"),
    ],
)  # fmt: skip
def test_what_can_not_be_billed_is_refused_with_its_day(
    stated: list[dict[str, object]], days: tuple[str, str], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        billed(contracts(*stated), days, [grid("2026-01-14T11:00", 1)])


@given(
    st.lists(st.tuples(st.integers(0, 23), st.integers(0, 20 * KWH), st.integers(0, 20 * KWH)), max_size=20),
    st.integers(-300_000, 300_000),
)
def test_no_bill_falls_below_power_and_meter(hours: list[tuple[int, int, int]], price: int) -> None:
    """Whatever the surplus and its price, the energy term stays between 0 and what the grid's energy is worth."""
    starts = [local("2026-01-14T00:00") + timedelta(days=n % 7, hours=hour) for n, (hour, _, _) in enumerate(hours)]
    nets = {
        start: Net(start, max(taken - left, 0), max(left - taken, 0))
        for start, (_, taken, left) in zip(starts, hours, strict=True)
    }
    market = Market({"surplus": dict.fromkeys(nets, price)})
    found = billed(contracts(HOME | {"compensation": {"kind": "surplus"}}), JANUARY, list(nets.values()), market)
    worth = sum(line.amount for line in found.lines if line.kind == "energy")
    off = sum(line.amount for line in found.lines if line.kind == "compensation")
    assert 0 <= worth + off <= worth
    assert found.beyond_cap >= 0
    assert found.compensated + found.beyond_cap == found.supplied.worth
