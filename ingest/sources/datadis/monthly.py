"""Values of a distributor's meter for whole months: asked for month by month until they are answered."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from conf import Settings
from energy.calendar import months_later, zone
from energy.money.community.numbers import supply as number
from ingest.sources.budget import Came
from ingest.sources.datadis.account import account
from ingest.sources.datadis.contracts import answers
from ingest.sources.datadis.registered import Home, Registered, Table
from ingest.sources.datadis.supplies import Supply
from ingest.sources.source import Progress, Question, Record, Unreadable

MONTHS = 12
"""Months before the present one that are asked for."""
OUT = timedelta(days=5)
"""Time after the end of a month: a distributor answers two days late, and later."""
TYPE_KW = {5: 15.0, 4: 50.0, 3: 450.0}
"""The most that is contracted at points of a type; of types 1 and 2 there is no end."""


class Asked(NamedTuple):
    """The month that is asked for, and what helps to read its answer."""

    month: date
    contracted_kw: float
    """The most; of a supply whose contract is not known what its type of point allows."""
    time_zone: str


class Kind(NamedTuple):
    """One question of Datadis: its path, the table of its answers, and how a row is read."""

    name: str
    path: str
    table: Table
    read: Callable[[Iterable[Any], Asked, Unreadable], list[Record]]
    types: frozenset[int] = frozenset((1, 2, 3, 4, 5))
    """Types of point of which it is asked."""


class Monthly:
    """The questions of one kind; ``is_by_hand``: asked by a person, to whom none is given up."""

    def __init__(self, kind: Kind, settings: Settings, now: datetime, is_by_hand: bool = False) -> None:
        self.registered = Registered(settings)
        self._kind, self._now, self._is_by_hand = kind, now, is_by_hand
        self._account, self._home = account(settings), settings.home

    def missing(self) -> Iterator[Question]:
        """A question for each supply and month that is not held. Raises ``LoginRefused``, :class:`DatadisError`."""
        homes = {number(home.cups): home for home in self.registered.homes()}
        known = self._account.supplies(self._now) if homes else []
        asked = [(supply, homes[number(supply.cups)]) for supply in known if self._is_asked(supply, homes)]
        held = self.registered.held(self._kind.table, (home.installation_id for _, home in asked))
        for supply, home in asked:
            for month in self._months(home):
                name = f"{supply.cups}-{month:%Y-%m}-{self._kind.name}"
                is_wanted = (home.installation_id, month) not in held and supply.is_valid_in(month)
                if is_wanted and self._account.is_due(name, self._now, timedelta(0), self._is_by_hand):
                    of = Asked(month, self._contracted(supply), home.time_zone)
                    yield Question(name, partial(self._fetch, supply, of, name), partial(self._keep, home))

    def _is_asked(self, supply: Supply, homes: Mapping[str, Home]) -> bool:
        return number(supply.cups) in homes and supply.point_type in self._kind.types

    def _months(self, home: Home) -> list[date]:
        """Months that are over and out, the newest first."""
        local = (self._now - OUT).astimezone(zone(home.time_zone)).date().replace(day=1)
        return [months_later(local, -back) for back in range(1, MONTHS + 1)]

    def _fetch(self, supply: Supply, of: Asked, name: str, progress: Progress) -> list[Record]:
        stated = self._account.ask(name, self._now, self._kind.path, supply.asking(of.month))
        with Unreadable(name, progress) as unreadable:
            found = self._kind.read(stated.rows, of, unreadable)
        self._account.end(stated, found, "periods", progress)
        return [{"month": of.month, "known_at": self._now, **each} for each in found]

    def _contracted(self, supply: Supply) -> float:
        stated = answers(self._home).get(number(supply.cups))
        powers = [float(power) for each in stated.contracts for power in each.power_kw] if stated else []
        return max(powers, default=TYPE_KW.get(supply.point_type, math.inf))

    def _keep(self, home: Home, records: list[Record]) -> Came:
        self.registered.keep(self._kind.table, home.installation_id, records)
        return Came.ANSWER
