"""Excess power: what a maximum demand meter shows above the contracted power, of supplies up to 50 kW.

Circular CNMC 3/2020 (BOE-A-2020-1066) for metering of types 4 and 5, as retailers state it: of each power period twice
the greatest mean power of a quarter-hour less the contracted power, at a price for a month of 30 days. Above 50 kW
(types 1 to 3) each quarter-hour counts, by coefficients that change with the tolls: not billed here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from energy.money.billing.columns import Columns, Stretch, stretches
from energy.money.billing.days import Calendar, micro
from energy.money.billing.line import EXCESS, Line
from energy.money.exact import MICRO, divided
from energy.money.netting import Net

TIMES, MONTH_DAYS = 2, 30
MWH_OF_WATT = 250
"""In a quarter-hour."""


def excess_is_billed(of: Calendar, windows: Sequence[Net]) -> bool:
    """Whether the price is stated on all days, and every known window's quarter-hours were metered."""
    stated = all(day.contract.excess_power_eur_kw is not None for day in of.days)
    known = [window for window in windows if window.is_known]
    return stated and bool(known) and all(window.imports for window in known)


def excess_lines(of: Calendar, windows: Columns) -> list[Line]:
    """A line a period and contract with an excess; none where quarter-hours or a price are not known."""
    if windows.imports is None or any(day.contract.excess_power_eur_kw is None for day in of.days):
        return []
    by_contract: dict[int, list[Stretch]] = defaultdict(list)
    for stretch in stretches(of):
        by_contract[id(stretch.day.contract)].append(stretch)
    return [line for together in by_contract.values() for line in _lines(of.first, together, windows)]


def _lines(first: date, stretches: Sequence[Stretch], windows: Columns) -> Iterator[Line]:
    assert windows.imports is not None  # noqa: S101 - excess_lines has asked
    day = stretches[0].day
    price = micro(day.contract.excess_power_eur_kw or Decimal(0))
    numbers = np.concatenate([each.first + np.arange(len(each.periods)) for each in stretches])
    periods = np.concatenate([each.periods for each in stretches])
    of_window = np.full(max(windows.windows, int(numbers.max()) + 1), -1)
    of_window[numbers] = periods
    days = sorted({int(each) for stretch in stretches for each in stretch.days})
    since, until = first + timedelta(days=days[0]), first + timedelta(days=days[-1] + 1)
    for period, contracted in enumerate(day.power_w):
        most = windows.imports[of_window[windows.at] == period].max(initial=0)
        excess = int(most) - contracted * MWH_OF_WATT
        if excess > 0:
            amount = divided(TIMES * excess * price * MICRO * len(days), MWH_OF_WATT * 1000 * MONTH_DAYS)
            kw = Decimal(excess) / (MWH_OF_WATT * 1000)
            yield Line(EXCESS, f"P{period + 1}", since, until, kw, "kW", Decimal(price) / MICRO, "EUR/kW", amount)
