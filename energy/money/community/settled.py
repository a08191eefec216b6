"""A community's month settled whole: the hours of every member as columns, and what each owes and saved.

The arithmetic is that of :mod:`energy.money.community.sharing`, done on arrays of shape (hours, members).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from energy.calendar import local_month, months_later
from energy.money.billing.bill import Bill, Owed, bill_of, owed_lines
from energy.money.billing.columns import Columns
from energy.money.billing.days import Calendar, NotOneBill, Truth, calendar
from energy.money.community.fairness import assigned_by
from energy.money.community.hours import HOUR, Rule, number_of
from energy.money.community.sharing import GENERATION, USE
from energy.money.contract import Contract, NoContract
from energy.money.dated import NoRule
from energy.money.exact import cents
from energy.money.market import Market, NoPrice
from energy.money.saving import columns_without_sharing
from energy.money.tariff import Tariffs

Whole = NDArray[np.int64]
UNKNOWN = -(2**62)
"""Energy that is not known, in mWh."""
OUTSIDE = -1
"""The beta of who belongs to no version that holds: nothing is assigned, whatever is generated."""
INCOMPLETE = "incomplete"
NO_FILE = "the coefficient file of the year is missing"
CONDITIONAL = "the taxes depend on what is not known"
NO_USE = "what was used, and so the saving, is not known"
BY_THE_HOUR = "shares are of hours, the contract offsets import and export in quarter-hours"
OTHER_CLOCK = "the contract's clock is not that of the agreement"


@lru_cache(maxsize=2_000)
def month_hours(month: date, zone: tzinfo) -> tuple[datetime, int]:
    """The first hour (UTC) of the local month that begins on ``month``, and how many it has."""
    start, end = local_month(month.year, month.month, zone)
    return start, (end - start) // HOUR


@lru_cache(maxsize=2_000)
def month_numbers(month: date, zone: tzinfo, rule: Rule) -> Whole:
    """The number in its year of each hour of the local month."""
    start, hours = month_hours(month, zone)
    return np.array([number_of(start + n * HOUR, zone, rule)[1] for n in range(hours)], np.int64)


class Shares(NamedTuple):
    """mWh by hour and member, :data:`UNKNOWN` where the generation, the use, or a coefficient is not known.

    ``estimated`` holds the bits of :mod:`energy.money.community.sharing` of what was not measured throughout.
    """

    assigned: Whole
    self_consumed: Whole
    surplus: Whole
    grid: Whole
    estimated: Whole


class Stated(NamedTuple):
    """Energy by hour, of members also by member: mWh or :data:`UNKNOWN`, and where it was not measured throughout."""

    mwh: Whole
    is_estimated: Truth

    @staticmethod
    def measured(mwh: Whole) -> Stated:
        """Energy of which all that is known was measured throughout."""
        return Stated(mwh, np.zeros(mwh.shape, np.bool_))


def share_month(generated: Stated, betas: Whole, used: Stated) -> Shares:
    """Each member's hours of a month, by the ``betas`` (millionths) by hour and member.

    Members are in the order of their ids, by which equal remainders are settled. A beta may be :data:`UNKNOWN`, or
    :data:`OUTSIDE`.
    """
    generation, uses = generated.mwh, used.mwh
    held = (betas == OUTSIDE) | ((betas != UNKNOWN) & (generation != UNKNOWN)[:, None])
    assigned = assigned_by(np.where(generation == UNKNOWN, 0, generation), np.maximum(betas, 0))
    known, whole = held & (uses != UNKNOWN), np.maximum(uses, 0)
    own = np.minimum(assigned, whole)
    bits = GENERATION * (held & (betas > 0) & generated.is_estimated[:, None]) + USE * (held & used.is_estimated)
    used_of, left, bought = (np.where(known, each, UNKNOWN) for each in (own, assigned - own, whole - own))
    return Shares(np.where(held, assigned, UNKNOWN), used_of, left, bought, bits.astype(np.int64))


class CaseEuros(NamedTuple):
    """The debt and the saving of a member, in cents, where ``condition`` came true."""

    condition: str
    total: int
    saving: int | None
    """None: the bill without generation or sharing is not known."""


class Euros(NamedTuple):
    """The debt of a month and its saving, in cents; None where ``note`` says why, as it does what no line holds.

    Where the taxes depend on what is not known, ``cases`` has both for each outcome; else none.
    """

    total: int | None
    saving: int | None
    note: str
    cases: tuple[CaseEuros, ...] = ()
    lines: tuple[Owed, ...] = ()
    """The lines of the bill, those of every case."""


def member_euros(
    rules: Tariffs, contracts: Sequence[Contract], month: tuple[date, tzinfo], of: Shares, market: Market
) -> Euros:
    """The bill of one member's local month (its first day and the agreement's zone) with its share.

    ``of`` holds the member's hours alone, as arrays of one dimension.
    """
    if not contracts:
        return Euros(None, None, "no contract")
    if (of.grid == UNKNOWN).any():
        return Euros(None, None, INCOMPLETE)
    first, zone = month
    windows = Columns(
        np.arange(len(of.grid)), of.grid, of.surplus, of.self_consumed + of.grid, of.estimated == 0, len(of.grid),
    )  # fmt: skip
    try:
        days = calendar(rules, contracts, first, months_later(first))
        unlike = why_not_shared(days, zone)
        return Euros(None, None, unlike) if unlike else month_euros(rules, days, windows, market)
    except (NoPrice, NoRule, NoContract, NotOneBill) as why:
        return Euros(None, None, str(why))


def why_not_shared(of: Calendar, zone: tzinfo) -> str:
    """The reason why hours that are shared by the clock of ``zone`` can't be billed; "" where they can."""
    if of.window != HOUR:
        return BY_THE_HOUR
    return OTHER_CLOCK if str(of.zone) != str(zone) else ""


def month_euros(rules: Tariffs, of: Calendar, windows: Columns, market: Market) -> Euros:
    """Total, saving and lines of a month of which every window is known.

    Raises :class:`energy.money.billing.days.NotOneBill`, :class:`energy.money.dated.NoRule`,
    :class:`energy.money.market.NoPrice`.
    """
    made = bill_of(rules, of, windows, market)
    plain = columns_without_sharing(of, windows)
    without = None if plain is None else bill_of(rules, *plain, market)
    cases, lines = case_euros(made, without), owed_lines(made)
    if len(cases) > 1:
        return Euros(None, None, made.noted(CONDITIONAL), cases, lines)
    return Euros(cases[0].total, cases[0].saving, made.noted("" if plain else NO_USE), (), lines)


def case_euros(made: Bill, without: Bill | None) -> tuple[CaseEuros, ...]:
    """Total and saving of every case of a bill; ``without`` is that of the same use without generation or sharing."""
    plain = made.cases if without is None else without.cases
    return tuple(
        CaseEuros(case.condition, _cents(case.total), None if without is None else _cents(each.total - case.total))
        for case, each in zip(made.cases, plain, strict=True)
    )


def _cents(amount: int) -> int:
    return int(cents(amount) * 100)
