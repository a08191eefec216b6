"""Causes of an official bill's difference from ours: one amount each, in a fixed order, adding up to it exactly.

Ours is turned into theirs one input after the other, and the bill made again each time: what it moves by is that
input's part, and what two inputs do together falls to the later of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from energy.money.exact import EUR
from energy.money.official.inputs import ZERO, Inputs, Ours, inputs, rates, tax, vat
from energy.money.official.statement import Statement

DAYS, KWH, SHARE, PERIOD, PRICE = "dates and days", "kWh", "share", "period", "price"
COMPENSATION, POWER, REST = "compensation", "power", "funding, meter and extras"
RATE, BASE, ROUNDING = "tax rate", "tax base", "rounding"
ROUNDED = Fraction(1, 100)
"""EUR: two printed amounts may be so far apart for their rounding alone."""
Kwh = Mapping[str, Fraction]
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
    days = Fraction(theirs.power_days or 1)
    of_use, of_share = _more(ours.said, theirs)
    # A period in which we have no energy has no price of ours: theirs makes no difference.
    known = theirs.prices | ours.said.prices
    return [
        lambda state: replace(state, days=days, prices=known),
        lambda state: replace(state, grid=_together(state.grid, of_use)),
        lambda state: replace(
            state,
            grid=_together(state.grid, of_share),
            surplus=state.surplus if theirs.surplus is None else theirs.surplus,
        ),
        lambda state: replace(state, grid=theirs.used),
        lambda state: replace(state, prices=known | theirs.prices),
        lambda state: _compensated(state, theirs.compensated),
        lambda state: replace(state, power=theirs.power / days),
        lambda state: replace(state, funding=theirs.funding / days, meter=theirs.meter / days, extras=theirs.extras),
        lambda state: replace(state, rates=rates(theirs, state.rates)),
        lambda state: _taxed(state, tax(theirs), vat(theirs)),
    ]


def _more(ours: Statement, theirs: Statement) -> tuple[Kwh, Kwh]:
    """Energy that they have more from the grid, by period: by more use, and by a smaller share.

    It stands in the periods in which they have more, or of less energy in those in which they have less. What they have
    in one period instead of another is no part of it.
    """
    own, stated = ours.self_consumed, theirs.self_consumed
    of_share = ZERO if own is None or stated is None else own - stated
    apart = {name: theirs.grid.get(name, ZERO) - ours.grid.get(name, ZERO) for name in {*ours.grid, *theirs.grid}}
    net = sum(apart.values(), ZERO)
    of_use = net - of_share
    # More use under a larger share: which periods the one is in, and which the other, is not known.
    is_mixed = of_use * of_share < 0 or not net
    where = ours.used or theirs.used if is_mixed else {name: kwh for name, kwh in apart.items() if kwh * net > 0}
    whole = sum(where.values(), ZERO) or Fraction(1)
    use, share = ({name: part * kwh / whole for name, kwh in where.items()} for part in (of_use, of_share))
    return use, share


def _together(one: Kwh, other: Kwh) -> Kwh:
    return {name: one.get(name, ZERO) + other.get(name, ZERO) for name in {*one, *other}}


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
