"""Reactive energy of supplies above 15 kW (Circular CNMC 3/2020, art. 9.5): what is beyond a third of the active.

By energy period, but for P6: the kvarh above 33 % of the kWh, at the price of the period's power factor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

import numpy as np

from energy.money.billing.columns import Columns
from energy.money.billing.days import Calendar
from energy.money.billing.line import REACTIVE, Line
from energy.money.exact import MICRO, MWH_IN_KWH, divided
from energy.money.tariff import Regulated

FREE_PERCENT, LOW_PERCENT = 33, 75
"""Reactive of active energy: up to a power factor of 0.95, and of 0.80."""
LEAST_W = 15_000
"""The contracted power up to which a supply owes nothing for reactive energy."""
PERIODS = 5
MILLI = 1000


def with_reactive(of: Calendar, stated_varh: Mapping[str, float]) -> Calendar:
    """The days with what the distributor's meter counted of them (varh by energy period), if they are a month."""
    if not stated_varh or not of.is_month:
        return of
    return replace(of, reactive=tuple(round(stated_varh.get(f"P{n + 1}", 0.0) * MILLI) for n in range(PERIODS)))


def reactive_left_out(of: Calendar, is_complete: bool) -> str:
    """The reason why reactive energy that may be owed is in no line; "" where it is, or where none is owed."""
    if not _is_owed(of):
        return ""
    if not of.reactive:
        return "no meter that is read here states it of these days"
    return "" if is_complete else "the active energy of an hour is not known"


def reactive_lines(of: Calendar, windows: Columns, regulated: Regulated) -> Iterator[Line]:
    """A line a period that has too much of it. Raises :class:`energy.money.dated.NoRule`."""
    if not _is_owed(of) or reactive_left_out(of, len(windows.at) == windows.windows):
        return
    prices = regulated.reactive_energy.on(of.first).value
    for n, (active, reactive) in enumerate(zip(_active(of, windows), of.reactive, strict=False)):
        above = 100 * reactive - FREE_PERCENT * active
        if above > 0:
            price = prices.low if 100 * reactive > LOW_PERCENT * active else prices.middle
            kvarh = Decimal(above) / 100 / MWH_IN_KWH
            amount = divided(above * price, 100)
            yield Line(
                REACTIVE, f"P{n + 1}", of.first, of.until, kvarh, "kvarh", Decimal(price) / MICRO, "EUR/kvarh", amount
            )


def _is_owed(of: Calendar) -> bool:
    return any(max(each.day.power_w) > LEAST_W for each in of.stretches)


def _active(of: Calendar, windows: Columns) -> list[int]:
    """Energy taken from the grid in each energy period, mWh."""
    periods = np.concatenate([each.periods for each in of.stretches])[windows.at]
    return [int(windows.grid[periods == n].sum()) for n in range(PERIODS)]
