"""A month settled in columns is, hour by hour and to the cent, what the plain functions make of it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf.tariffs import tariffs
from energy.calendar import MADRID
from energy.money.billing.bill import bill
from energy.money.billing.days import calendar
from energy.money.community.hours import RULES, Rule
from energy.money.community.settled import (
    BY_THE_HOUR,
    CONDITIONAL,
    INCOMPLETE,
    OTHER_CLOCK,
    OUTSIDE,
    UNKNOWN,
    Shares,
    Stated,
    member_euros,
    month_hours,
    month_numbers,
    share_month,
)
from energy.money.contract import CONTRACTS
from energy.money.exact import cents
from energy.money.market import PVPC, SPOT, SURPLUS, Market
from energy.money.netting import Net
from tests.support.money.bills import HOME
from tests.support.money.settlement import HOUR, ROOF, Community, by_chance, plainly, prices

MONTHS = [date(2026, 3, 1), date(2026, 5, 1), date(2026, 6, 1), date(2025, 10, 1)]
"""In June the last member joins on the 13th, and has euros of the whole month."""


def settled(of: Community, month: date) -> tuple[list[str], Shares]:
    """The same community's month in columns."""
    members, hours = sorted(of.uses), of.hours(month)
    betas = np.full((len(hours), len(members)), UNKNOWN, np.int64)
    for n, hour in enumerate(hours):
        inside = of.agreement.at(hour) if of.agreement.members_at(hour) else {}
        betas[n] = [inside.get(member, OUTSIDE) for member in members]
    generation = np.array([of.generation.get(hour, UNKNOWN) for hour in hours], np.int64)
    uses = np.array([[of.uses[member].get(hour, UNKNOWN) for member in members] for hour in hours], np.int64)
    of_roof, *of_members = (np.array([hour in of.estimated[name] for hour in hours]) for name in (ROOF, *members))
    generated, used = Stated(generation, of_roof), Stated(uses, np.array(of_members).T)
    return members, share_month(generated, betas, used)


def known(value: int) -> int | None:
    return None if value == UNKNOWN else value


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(MONTHS), st.sampled_from(RULES), st.sampled_from([0, 0, 3]))
def test_a_month_in_columns_is_the_plain_one(seed: int, month: date, rule: Rule, holes: int) -> None:
    of, quoted = by_chance(seed, [month], rule, holes), prices(seed, [month])
    market = Market(dict.fromkeys((PVPC, SPOT, SURPLUS), quoted))
    members, shares = settled(of, month)
    plain, hours = plainly(of, month, market), of.hours(month)
    for n, member in enumerate(members):
        own = Shares(*(each[:, n] for each in shares))
        if member not in plain:
            assert not own.assigned.any(), "who is in no version of the month is assigned nothing"
            continue
        expected = plain[member].hours
        for at, hour in enumerate(hours):
            found = tuple(known(int(each[at])) for each in own)
            assert found == (tuple(expected[hour]) if hour in expected else (*(None,) * 4, 0))
        contracts = CONTRACTS.validate_python(of.contracts[member])
        euros = member_euros(tariffs(), contracts, (month, MADRID), own, market)
        cents = [None if each is None else Decimal(each).scaleb(-2) for each in euros[:2]]
        assert cents == [plain[member].total, plain[member].saving]
        assert (euros.note == "") == (plain[member].total is not None)
        assert euros.lines == plain[member].lines
    for at, hour in enumerate(hours):
        if hour in of.generation:
            assert shares.assigned[at][shares.assigned[at] != UNKNOWN].sum() == of.generation[hour]


@pytest.mark.parametrize(
    ("month", "hours"), [(date(2026, 3, 1), 743), (date(2025, 10, 1), 745), (date(2026, 2, 1), 672)]
)
def test_a_month_has_the_hours_of_its_clock(month: date, hours: int) -> None:
    start, number = month_hours(month, MADRID)
    assert number == hours
    assert start.astimezone(MADRID) == datetime(month.year, month.month, 1, tzinfo=MADRID)
    assert month_numbers(month, MADRID, "consecutive").tolist() == list(
        range((start - month_hours(date(month.year, 1, 1), MADRID)[0]) // HOUR + 1,
              (start - month_hours(date(month.year, 1, 1), MADRID)[0]) // HOUR + 1 + hours)
    )  # fmt: skip
    assert len(set(month_numbers(month, MADRID, "clock").tolist())) == min(hours, 744)


@pytest.mark.parametrize(
    ("stated", "month", "unknown", "note"),
    [
        ([HOME], date(2026, 5, 1), True, INCOMPLETE),
        ([], date(2026, 5, 1), False, "no contract"),
        ([HOME | {"from": "2026-05-02"}], date(2026, 5, 1), False, "no contract holds on 2026-05-01"),
        ([HOME | {"conventions": {"netting_minutes": 15}}], date(2026, 5, 1), False, BY_THE_HOUR),
        ([HOME | {"territory": "canarias"}], date(2026, 5, 1), False, OTHER_CLOCK),
        ([HOME], date(2026, 11, 1), False, CONDITIONAL),
        ([HOME | {"energy": {"kind": "pvpc"}}], date(2026, 5, 1), False, "market pvpc has no price"),
        ([HOME | {"social_bonus_funding": True}], date(2024, 5, 1), False, "no row covers 2024-05-01"),
    ],
)
def test_a_month_without_euros_says_why(stated: list[dict[str, Any]], month: date, unknown: bool, note: str) -> None:
    number = month_hours(month, MADRID)[1]
    ones = np.ones(number, np.int64)
    lost = np.where(np.arange(number) == 5, UNKNOWN, 1) if unknown else ones
    of = Shares(ones, lost, ones, lost, 0 * ones)
    euros = member_euros(tariffs(), CONTRACTS.validate_python(stated), (month, MADRID), of, Market({}))
    assert euros[:2] == (None, None)
    assert note in euros.note


@pytest.mark.parametrize(("month", "why"), [(date(2026, 5, 1), ""), (date(2026, 11, 1), f"{CONDITIONAL}; ")])
def test_a_month_says_what_its_bill_leaves_out(month: date, why: str) -> None:
    """A share is of hours, and no maximeter is read for it: a supply of 3.0TD may owe more than its lines."""
    power = {"access_tariff": "3.0TD", "power_kw": ["20"] * 6, "energy": {"kind": "flat", "price_eur_kwh": "0.20"}}
    ones = np.ones(month_hours(month, MADRID)[1], np.int64)
    euros = member_euros(tariffs(), CONTRACTS.validate_python([HOME | power]), (month, MADRID),
                         Shares(ones, ones, 0 * ones, ones, 0 * ones), Market({}))  # fmt: skip
    assert euros.note == (
        f"{why}not included: excess power (not every quarter-hour was metered by itself), "
        "reactive energy (no meter that is read here states it of these days)"
    )


def test_where_the_taxes_depend_on_what_is_not_known_each_outcome_has_its_euros() -> None:
    """100 kWh at 0.20 EUR, half of them its share: what the plain bill says in either case."""
    month = date(2026, 11, 1)
    number = month_hours(month, MADRID)[1]
    half = np.full(number, 70_000_000 // number, np.int64)
    nothing = np.zeros(number, np.int64)
    stated = CONTRACTS.validate_python([HOME | {"energy": {"kind": "flat", "price_eur_kwh": "0.20"}}])
    euros = member_euros(tariffs(), stated, (month, MADRID), Shares(half, half, nothing, half, nothing), Market({}))
    days = calendar(tariffs(), stated, month, date(2026, 12, 1))
    windows = [Net(start, int(half[0]), 0, int(2 * half[0])) for start in days.windows()]
    whole = [Net(start, int(2 * half[0]), 0, int(2 * half[0])) for start in days.windows()]
    made, alone = (bill(tariffs(), days, each, Market({})) for each in (windows, whole))
    assert [case.condition for case in euros.cases] == [case.condition for case in made.cases]
    assert [case.total for case in euros.cases] == [cents(case.total) * 100 for case in made.cases]
    assert [case.saving for case in euros.cases] == [
        cents(plain.total - case.total) * 100 for plain, case in zip(alone.cases, made.cases, strict=True)
    ]
    otherwise, met = euros.cases
    assert otherwise.condition == "otherwise"
    assert 0 < met.total < otherwise.total
    assert 0 < (met.saving or 0) < (otherwise.saving or 0)
