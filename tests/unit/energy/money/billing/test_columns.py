"""Whole columns of windows are billed as a plain sum over the windows says, under every kind of contract."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf.tariffs import tariffs
from energy.money.billing.columns import Columns, columns, netted_columns, numbers_of
from energy.money.billing.days import Calendar, calendar, micro
from energy.money.billing.supplied import supplied, unit_prices
from energy.money.contract import Agreed, Contract, Fixed, Flat, Indexed, SurplusPrice
from energy.money.exact import divided, kwh
from energy.money.market import PVPC, SPOT, SURPLUS, Market, NoPrice
from energy.money.netting import Flow, Flows, Metered, Net, Quarters, net, net_quarters
from tests.support.money.bills import HOME, contracts

HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
DAYS = [("2026-03-27", "2026-03-31"), ("2026-10-24", "2026-10-27"), ("2025-12-30", "2026-01-03")]
SUPPLIES: list[dict[str, Any]] = [
    {"energy": {"kind": "pvpc"}, "compensation": {"kind": "surplus"}},
    {"energy": {"kind": "pvpc"}, "territory": "canarias", "compensation": {"kind": "surplus"}},
    {"energy": {"kind": "flat", "price_eur_kwh": 0.15}, "compensation": {"kind": "agreed", "price_eur_kwh": 0.06}},
    {"energy": {"kind": "fixed", "prices_eur_kwh": [0.2, 0.15, 0.1], "tolls": "apart"}},
    {"energy": {"kind": "indexed", "markup_eur_kwh": [0.01, 0.02, 0.03], "losses": True},
     "compensation": {"kind": "surplus"}, "conventions": {"negative_surplus": "hour"}},
    {"energy": {"kind": "indexed", "markup_eur_kwh": [0.01]}, "conventions": {"netting_minutes": 15}},
]  # fmt: skip


def plain_prices(of: Calendar, start: datetime, market: Market) -> tuple[dict[str, int], int]:
    """What a kWh costs in a window by kind of line, and what surplus earns: one window at a time."""
    day = of.of(start)
    at, contract = int(day.periods.at(start)[1:]) - 1, day.contract
    energy, compensation = contract.energy, contract.compensation
    found: dict[str, int] = {}
    if isinstance(energy, Fixed | Flat):
        found["energy"] = micro(energy.prices_eur_kwh[at] if isinstance(energy, Fixed) else energy.price_eur_kwh)
    elif isinstance(energy, Indexed):
        markup = energy.markup_eur_kwh[at if len(energy.markup_eur_kwh) > 1 else 0]
        losses = day.losses[at] if energy.losses else 0
        found["energy"] = divided(market.at(SPOT, start) * (1000 + losses), 1000) + micro(markup)
    else:
        found["energy"] = market.at(PVPC, start - HOUR * (contract.territory == "canarias"))
    if energy.kind != "pvpc" and energy.tolls == "apart":
        found["tolls and charges"] = day.tolls.energy[at]
    sold = micro(compensation.price_eur_kwh) if isinstance(compensation, Agreed) else 0
    return found, market.at(SURPLUS, start) if isinstance(compensation, SurplusPrice) else sold


def agreed(supply: dict[str, Any], later: dict[str, Any]) -> list[Contract]:
    """A contract that ends within the days of every case, and another kind from then on."""
    of = {"territory": supply.get("territory", "peninsula"), "conventions": supply.get("conventions", {})}
    first = HOME | supply | {"from": date(2025, 6, 1), "until": date(2026, 3, 29)}
    return contracts(first, HOME | later | of | {"from": date(2026, 3, 29)})


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(DAYS), st.sampled_from(SUPPLIES), st.sampled_from(SUPPLIES[2:4]))
def test_a_bill_of_columns_is_the_plain_sum_over_windows(
    data: st.DataObject, days: tuple[str, str], supply: dict[str, Any], later: dict[str, Any]
) -> None:
    of = calendar(tariffs(), agreed(supply, later), *map(date.fromisoformat, days))
    starts, rng = of.windows(), np.random.default_rng(data.draw(st.integers(0, 2**32)))
    nets = [
        Net(start, int(grid), int(surplus), int(grid), bool(measured), bool(known))
        for start, grid, surplus, measured, known in zip(
            starts, rng.integers(0, 3_000_000, len(starts)) * rng.integers(0, 2, len(starts)),
            rng.integers(0, 3_000_000, len(starts)), rng.integers(0, 2, len(starts)), rng.integers(0, 9, len(starts)),
            strict=True,
        )
    ]  # fmt: skip
    prices = {start: int(rng.integers(-20_000, 400_000)) for start in [starts[0] - HOUR, *starts]}
    market = Market({SPOT: prices, SURPLUS: prices, PVPC: prices})
    found = supplied(of, columns(of, nets), market)
    amounts: dict[tuple[str, str], int] = defaultdict(int)
    energies: dict[tuple[str, str], int] = defaultdict(int)
    worth = regulated = 0
    for window in (each for each in nets if each.is_known):
        day = of.of(window.start)
        period, (bought, sold) = day.periods.at(window.start), plain_prices(of, window.start, market)
        regulated += window.grid * day.tolls.energy[int(period[1:]) - 1]
        floored = of.contract.conventions.negative_surplus == "hour"
        worth += max(window.surplus * sold, 0) if floored else window.surplus * sold
        for kind, price in bought.items():
            amounts[kind, period] += window.grid * price
            energies[kind, period] += window.grid
    lines: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for line in found.lines:
        lines[line.kind, line.period].append(line)
    nothing = {key for key, mwh in energies.items() if mwh == 0}
    assert {key: sum(line.amount for line in each) for key, each in lines.items()} == {
        key: amount for key, amount in amounts.items() if key not in nothing
    }
    assert all(sum(line.quantity for line in each) == kwh(energies[key]) for key, each in lines.items())
    assert (found.worth, found.regulated) == (max(worth, 0), regulated)
    one = unit_prices(of, numbers_of(of, starts), market)
    plain = [plain_prices(of, start, market) for start in starts]
    assert [one[0].tolist(), one[1].tolist()] == [[sum(b.values()) for b, _ in plain], [sold for _, sold in plain]]


@pytest.mark.parametrize("bought", [True, False])
def test_a_price_is_missed_only_where_something_is_bought(bought: bool) -> None:
    of = calendar(tariffs(), contracts(HOME | {"energy": {"kind": "pvpc"}}), date(2026, 3, 29), date(2026, 3, 30))
    starts = of.windows()
    nets = [Net(start, int(bought or n != 5), 0, 1) for n, start in enumerate(starts)]
    market = Market({PVPC: {start: 1 for n, start in enumerate(starts) if n != 5}})
    if bought:
        with pytest.raises(NoPrice, match="2026-03-29T04:00Z"):
            supplied(of, columns(of, nets), market)
    else:
        assert sum(line.quantity or Decimal(0) for line in supplied(of, columns(of, nets), market).lines) == kwh(22)


def quarters(of: Flows, starts: list[datetime], window: timedelta) -> Quarters:
    """As arrays, with something in place of what is not known."""
    flows = [[of.get(start + n * QUARTER) for n in range(window // QUARTER)] for start in starts]
    return Quarters(
        np.array([[each.mwh if each else 7 for each in row] for row in flows]),
        np.array([[each is not None for each in row] for row in flows]),
        np.array([[each is not None and each.is_measured for each in row] for row in flows]),
        np.array([[each is not None and each.is_alone for each in row] for row in flows]),
    )


def told(of: Columns) -> list[Any]:
    """Arrays as lists."""
    return [value.tolist() if isinstance(value, np.ndarray) else value for value in vars(of).values()]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([15, 60]), st.booleans(), st.booleans())
def test_windows_netted_in_columns_are_those_netted_one_after_the_other(
    seed: int, minutes: int, exports: bool, whole: bool
) -> None:
    stated = HOME | {"conventions": {"netting_minutes": minutes}}
    of = calendar(tariffs(), contracts(stated), date(2026, 3, 29), date(2026, 3, 30))
    dice, starts = random.Random(seed), of.windows()
    times = [start + n * QUARTER for start in starts for n in range(of.window // QUARTER)]
    likely = (1.0, 1.0, 1.0) if whole else (0.98, dice.choice((1.0, 0.98)), 0.98)
    measured, alone = (dice.choice((1.0, 0.98)) for _ in range(2))
    metered = Metered(*(
        {time: Flow(dice.randrange(10**6), dice.random() < measured, dice.random() < alone)
         for time in times if dice.random() < share}
        for share in (likely[0], likely[1] if exports else 0.0, likely[2])
    ))  # fmt: skip
    found = netted_columns(net_quarters(*(quarters(flows, starts, of.window) for flows in metered)))
    assert told(found) == told(columns(of, net(starts, of.window, metered)))
