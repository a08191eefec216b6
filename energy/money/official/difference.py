"""Causes of an official bill's difference from ours: one amount each, in a fixed order, adding up to it exactly.

Ours is turned into theirs one input after the other, and the bill made again each time: what it moves by is that
input's part, and what two inputs do together falls to the later of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from energy.money.exact import EUR
from energy.money.official.inputs import ZERO, Inputs, Ours, inputs, rates, tax, vat, weights
from energy.money.official.statement import Statement

DAYS, KWH, SHARE, PERIOD, PRICE = "dates and days", "kWh", "share", "period", "price"
COMPENSATION, POWER, REST = "compensation", "power", "funding, meter and extras"
RATE, BASE, ROUNDING = "tax rate", "tax base", "rounding"
ROUNDED = Fraction(1, 100)
"""EUR: two printed amounts may be so far apart for their rounding alone."""
CAUSES = (DAYS, KWH, SHARE, PERIOD, PRICE, COMPENSATION, POWER, REST, RATE, BASE, ROUNDING)


class Cause(NamedTuple):
    """The amount that one cause adds to the official bill, beside ours; EUR."""

    cause: str
    eur: Decimal


def causes(ours: Ours, official: Statement, on_their_days: Ours | None = None) -> list[Cause]:
    """One amount for each of :data:`CAUSES`, adding up to the official total less ours.

    ``on_their_days`` is our bill of the official bill's days, where those are others.
    """
    begun = state = inputs(ours)
    totals = [begun.amounts().total]
    if on_their_days is not None:
        state = inputs(on_their_days)
    for step in _steps(on_their_days or ours, official):
        state = step(state)
        totals.append(state.amounts().total)
    rest = (official.total or ZERO) - totals[-1] + totals[0] - (ours.said.total or ZERO)
    moved = [later - earlier for earlier, later in pairwise(totals)]
    return list(_exact(dict(zip(CAUSES, [*moved, rest], strict=True)), official, ours))


def _exact(parts: dict[str, Fraction], official: Statement, ours: Ours) -> Iterator[Cause]:
    """Whole 10⁻¹² EUR; what rounding to them leaves falls to the last."""
    left = round(((official.total or ZERO) - (ours.said.total or ZERO)) * EUR)
    for name, part in parts.items():
        amount = left if name == ROUNDING else round(part * EUR)
        left -= amount
        yield Cause(name, Decimal(amount).scaleb(-12))


def _steps(ours: Ours, theirs: Statement) -> list[Callable[[Inputs], Inputs]]:
    """The inputs in the order of :data:`CAUSES`, rounding aside."""
    said, days = ours.said, Fraction(theirs.power_days or 1)
    grid = sum(theirs.grid.values(), ZERO)
    own_use = said.self_consumed or ZERO
    use = grid + (own_use if theirs.self_consumed is None else theirs.self_consumed)
    prices = {name: theirs.cost[name] / kwh for name, kwh in theirs.grid.items() if kwh}

    def period(state: Inputs) -> Inputs:
        # A period in which we have no energy has no price of ours: theirs makes no difference.
        return replace(state, weights=weights(theirs) or state.weights, prices=prices | state.prices)

    return [
        lambda state: replace(state, days=days),
        lambda state: replace(state, grid=use - own_use),
        lambda state: replace(state, grid=grid, surplus=state.surplus if theirs.surplus is None else theirs.surplus),
        period,
        lambda state: replace(state, prices=state.prices | prices),
        lambda state: _compensated(state, theirs.compensated),
        lambda state: replace(state, power=theirs.power / days),
        lambda state: replace(state, funding=theirs.funding / days, meter=theirs.meter / days, extras=theirs.extras),
        lambda state: replace(state, rates=rates(theirs, state.rates)),
        lambda state: _taxed(state, tax(theirs), vat(theirs)),
    ]


def _compensated(state: Inputs, printed: Fraction) -> Inputs:
    """With what they print, unless it is ours but for its rounding."""
    return replace(state, compensated=printed) if _differs(printed, state.amounts().compensated) else state


def _taxed(state: Inputs, electricity: Fraction | None, consumption: Fraction | None) -> Inputs:
    """The same of both taxes, the second upon the first."""
    if electricity is not None and _differs(electricity, state.amounts().electricity):
        state = replace(state, electricity=electricity)
    if consumption is not None and _differs(consumption, state.amounts().consumption):
        state = replace(state, consumption=consumption)
    return state


def _differs(printed: Fraction, exact: Fraction) -> bool:
    return abs(printed - exact) > ROUNDED
