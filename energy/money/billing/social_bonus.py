"""The social bonus: a percentage off power, funding and the energy of a vulnerable home under the PVPC.

Of the energy, after compensation, as much counts as the yearly limit allows in the days of the bill.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from energy.money.billing.days import Calendar, NotOneBill
from energy.money.billing.line import COMPENSATION, ENERGY, FUNDING, MARGIN, POWER, SOCIAL_BONUS, Line
from energy.money.billing.standing import COMMON_YEAR
from energy.money.exact import MWH_IN_KWH, PERCENT, cents, divided, share, whole
from energy.money.tariff import Regulated


def bonus_lines(
    of: Calendar, lines: Sequence[Line], grid: int, regulated: Regulated, rounding: Callable[[int], int]
) -> list[Line]:
    """The bonus on a bill with these ``lines`` and so much energy from the grid (mWh); none where there is none.

    Raises :class:`energy.money.dated.NoRule`, :class:`NotOneBill` where it changes within the days.
    """
    if all(day.contract.social_bonus is None for day in of.days):
        return []
    granted, percents = of.contract.social_bonus, {regulated.social_bonus.on(day.date).value for day in of.days}
    if granted is None or len(percents) > 1 or any(day.contract.social_bonus != granted for day in of.days):
        raise NotOneBill("the social bonus changes within these days: ask for those before it, and for those after it")
    (rates,) = percents
    rate = rates.severe if granted.kind == "severe" else rates.vulnerable
    energy = max(0, _sum(lines, ENERGY, COMPENSATION))
    limit = whole(granted.limit_kwh, MWH_IN_KWH) * len(of.days)
    if grid * COMMON_YEAR > limit:
        energy = divided(energy * limit, grid * COMMON_YEAR)
    base = _sum(lines, POWER, MARGIN, FUNDING) + energy
    amount = -rounding(share(base, rate))
    percent = Decimal(rate) / PERCENT
    return [Line(SOCIAL_BONUS, granted.kind, of.first, of.until, cents(base), "EUR", percent, "%", amount)]


def _sum(lines: Sequence[Line], *kinds: str) -> int:
    return sum(line.amount for line in lines if line.kind in kinds)
