"""The days of a bill, each with the contract and the dated rules that hold on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from energy.calendar import day_start, months_later
from energy.money.contract import Contract, contract_of
from energy.money.dated import Dated, NoRule
from energy.money.exact import MICRO, whole
from energy.money.periods import Periods
from energy.money.tariff import ExcessPrices, Prices, Tariffs
from energy.money.taxes import Taxed

Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]


class NotOneBill(ValueError):
    """A period that can't be billed in one: the text says why and what to do."""


@dataclass(frozen=True)
class Day:
    """A local day and what holds on it; prices in 10⁻⁶ EUR."""

    date: date
    contract: Contract
    periods: Periods
    tolls: Prices
    """Tolls and charges together."""
    losses: tuple[int, ...]
    """Thousandths, by energy period."""
    excess: ExcessPrices | None
    """None: no price of excess power is known."""

    @property
    def power_w(self) -> tuple[int, ...]:
        """Contracted power by period."""
        return _watts(tuple(self.contract.power_kw))


@dataclass(frozen=True)
class Stretch:
    """Days on end under one contract and one row of each rule: the numbers of their windows, and the period of each."""

    day: Day
    """The first one."""
    start: datetime
    """UTC."""
    first: int
    """The number of the first window."""
    days: Whole
    """The day of each window, counted from the bill's first."""
    periods: Whole
    """The index of each window's period, from 0 on."""


@dataclass(frozen=True)
class Calendar:
    """The days of a bill in order."""

    days: tuple[Day, ...]
    shown: tuple[int, ...] = ()
    """Maxima of the distributor's maximeter by power period: mWh of a quarter-hour; none: not known."""
    reactive: tuple[int, ...] = ()
    """Reactive energy that it counted, by energy period but P6: 10⁻³ varh; none: not known."""

    @property
    def zone(self) -> tzinfo:
        """The zone of the customer's clock."""
        return self.days[0].periods.zone

    @property
    def first(self) -> date:
        """The first day."""
        return self.days[0].date

    @property
    def until(self) -> date:
        """The first day after the last."""
        return self.days[-1].date + timedelta(days=1)

    @property
    def is_month(self) -> bool:
        """Whether they are those of one calendar month."""
        return self.first.day == 1 and self.until == months_later(self.first)

    @property
    def contract(self) -> Contract:
        """The one of the last day: its conventions hold for the bill."""
        return self.days[-1].contract

    def taxed(self, due: date | None) -> Taxed:
        """The conditions of its taxes; without ``due`` it falls due on the last day."""
        last = self.days[-1]
        return Taxed(self.contract.territory, due or last.date, last.date, max(last.power_w), self.contract.use)

    @property
    def window(self) -> timedelta:
        """The time within which import and export are offset."""
        return timedelta(minutes=self.contract.conventions.netting_minutes)

    def windows(self) -> list[datetime]:
        """Starts (UTC) of the windows in which import and export are offset."""
        start, end = day_start(self.first, self.zone), day_start(self.until, self.zone)
        return [start + n * self.window for n in range((end - start) // self.window)]

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """The days in stretches, in order."""
        return tuple(_stretches(self))

    def of(self, start: datetime) -> Day:
        """The day that holds the instant."""
        return self.days[(start.astimezone(self.zone).date() - self.first).days]


def calendar(rules: Tariffs, contracts: Sequence[Contract], first: date, until: date) -> Calendar:
    """The days from ``first`` to before ``until``.

    Raises :class:`NotOneBill`, :class:`energy.money.contract.NoContract`, :class:`energy.money.dated.NoRule`.
    """
    if until <= first:
        raise NotOneBill(f"the period ends on {until}, it must end after {first}")
    days = tuple(_day(rules, contracts, first + timedelta(days=n)) for n in range((until - first).days))
    if len({(day.contract.territory, day.contract.conventions) for day in days}) > 1:
        raise NotOneBill("the contracts differ in territory or conventions; bill each one's days by themselves")
    return Calendar(days)


def longest_end(first: date) -> date:
    """The first day after the longest period with compensation that begins on ``first``: a month."""
    return months_later(first)


def micro(price: Decimal) -> int:
    """A price in EUR in millionths."""
    return whole(price, MICRO)


def _day(rules: Tariffs, contracts: Sequence[Contract], day: date) -> Day:
    contract = contract_of(contracts, day)
    access = rules.of(contract.access_tariff)
    tolls, charges = access.tolls.on(day).value, access.charges.on(day).value
    together = Prices(*(tuple(map(sum, zip(*pair, strict=True))) for pair in zip(tolls, charges, strict=True)))
    periods, losses = access.periods_on(day, contract.territory), access.losses.on(day).value
    return Day(day, contract, periods, together, losses, _excess(access.excess, day))


def _excess(prices: Dated[ExcessPrices], day: date) -> ExcessPrices | None:
    try:
        return prices.on(day).value
    except NoRule:
        return None


def _stretches(of: Calendar) -> Iterator[Stretch]:
    minutes, number = of.contract.conventions.netting_minutes, 0
    for _, group in groupby(enumerate(of.days), key=lambda each: _ruled(each[1])):
        together = list(group)
        periods = [periods_of_day(day.periods, day.date, minutes) for _, day in together]
        numbers = np.repeat([at for at, _ in together], [len(each) for each in periods])
        first = together[0][1]
        yield Stretch(first, day_start(first.date, of.zone), number, numbers, np.concatenate(periods))
        number += len(numbers)


def _ruled(day: Day) -> tuple[object, ...]:
    return id(day.contract), day.tolls, day.losses, day.excess


@lru_cache(maxsize=20_000)
def periods_of_day(periods: Periods, day: date, minutes: int) -> Whole:
    """The energy period, from 0 on, of each window of the local ``day``."""
    start, end, window = (
        day_start(day, periods.zone),
        day_start(day + timedelta(days=1), periods.zone),
        timedelta(minutes=minutes),
    )
    return np.array([int(periods.at(start + n * window)[1:]) - 1 for n in range((end - start) // window)], np.int64)


@lru_cache(maxsize=20_000)
def _watts(kw: tuple[Decimal, ...]) -> tuple[int, ...]:
    return tuple(whole(each, 1000) for each in kw)
