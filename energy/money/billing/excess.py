"""Excess power: demand above the contracted power (Circular CNMC 3/2020, art. 9.4), at the prices of its day.

Up to 50 kW contracted (metering of types 4 and 5) what the greatest quarter-hour of each power period takes above is
billed by the day; above 50 kW (types 1 to 3) the root of the sum of every quarter-hour's squared excess is, by the
month. On 2.0TD it is owed where a maximeter measures demand. What the distributor's own maximeter showed of a month
comes before the quarter-hours that are known here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from math import isqrt

import numpy as np

from energy.money.billing.columns import Columns
from energy.money.billing.days import Calendar, Stretch, Whole, longest_end
from energy.money.billing.line import EXCESS, Line
from energy.money.exact import MICRO, MWH_IN_KWH
from energy.money.tariff import ExcessPrices

LARGEST_BY_MAXIMUM_W = 50_000
HOURS = 4
"""Quarter-hours in an hour: a mWh of one of them is so many mW."""
MWH_OF_WATT = 250
"""Energy of a watt in a quarter-hour, mWh."""
POWER_PERIOD = {2: np.array([0, 0, 1]), 6: np.arange(6)}
"""The power period of each energy period, from 0 on, by the number of power periods."""


def left_out(of: Calendar, is_metered: bool) -> str:
    """The reason why excess power that may be owed is in no line; "" where it is, or where none is owed.

    ``is_metered``: whether every quarter-hour of import was measured, and by itself.
    """
    owing = [day for day in of.days if day.contract.bills_excess]
    unpriced = [day.date for day in owing if day.excess is None]
    if not owing:
        return ""
    if unpriced:
        return f"no price of it is known on {unpriced[0]}"
    if of.until > longest_end(of.first):
        return f"it is billed by the month; end on {longest_end(of.first)} or before"
    return "" if is_metered or _is_shown(of) else "not every quarter-hour was metered by itself"


def _is_shown(of: Calendar) -> bool:
    """Whether a maximeter tells it: by maximum, of one contract at one price."""
    ruled = {(id(day.contract), day.excess) for day in of.days}
    return bool(of.shown) and len(ruled) == 1 and max(of.days[0].power_w) <= LARGEST_BY_MAXIMUM_W


def excess_lines(of: Calendar, windows: Columns) -> list[Line]:
    """A line a period, contract and price with an excess; none where :func:`left_out` says why."""
    if left_out(of, windows.imports is not None):
        return []
    together: dict[tuple[int, ExcessPrices], list[Stretch]] = defaultdict(list)
    for stretch in of.stretches:
        if stretch.day.contract.bills_excess and stretch.day.excess is not None:
            together[id(stretch.day.contract), stretch.day.excess].append(stretch)
    return [line for (_, prices), each in together.items() for line in _lines(of, each, prices, windows)]


def _lines(of: Calendar, together: Sequence[Stretch], prices: ExcessPrices, windows: Columns) -> Iterator[Line]:
    day = together[0].day
    days = sorted({int(each) for stretch in together for each in stretch.days})
    since, until = of.first + timedelta(days=days[0]), of.first + timedelta(days=days[-1] + 1)
    by_maximum = max(day.power_w) <= LARGEST_BY_MAXIMUM_W
    for n, above in enumerate(_above(of, together, windows)):
        if not above.any():
            continue
        if by_maximum:
            mwh, price, unit = int(above.max()), prices.a_day[n], "EUR/kW day"
            amount, kw = HOURS * mwh * price * len(days), Decimal(HOURS * mwh) / MWH_IN_KWH
        else:
            squares, price, unit = sum(int(each) ** 2 for each in above[above > 0]), prices.a_month[n], "EUR/kW"
            amount = _root((HOURS * price) ** 2 * squares)
            kw = Decimal(_root(HOURS**2 * squares)) / MWH_IN_KWH
        yield Line(EXCESS, f"P{n + 1}", since, until, kw, "kW", Decimal(price) / MICRO, unit, amount)


def _above(of: Calendar, together: Sequence[Stretch], windows: Columns) -> Iterator[Whole]:
    """Energy of every quarter-hour above the contracted power by power period, mWh; by a maximeter, the most."""
    day = together[0].day
    if _is_shown(of):
        yield from np.maximum(np.array(of.shown) - np.array(day.power_w) * MWH_OF_WATT, 0)[:, np.newaxis]
        return
    assert windows.imports is not None  # noqa: S101 - left_out has asked
    numbers = np.concatenate([each.first + np.arange(len(each.periods)) for each in together])
    periods = POWER_PERIOD[len(day.power_w)][np.concatenate([each.periods for each in together])]
    of_window = np.full(max(windows.windows, int(numbers.max()) + 1), -1)
    of_window[numbers] = periods
    for period, contracted in enumerate(day.power_w):
        imports = windows.imports[of_window[windows.at] == period]
        yield np.maximum(imports - contracted * MWH_OF_WATT, 0)


def _root(square: int) -> int:
    """The nearest whole number to the square root."""
    return (isqrt(4 * square) + 1) // 2
