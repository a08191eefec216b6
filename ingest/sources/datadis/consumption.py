"""The curves of every supply that is registered, month by month, into topic ``intervals``.

What a distributor changes afterwards is kept beside what it said before: each value bears the instant at which it was
first seen. Values and attempts stand below ``<home>/datadis``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

from conf import Settings
from energy.calendar import local_month, zone
from energy.money.community.numbers import supply as number
from energy.statements.resolution import in_whole_kwh
from energy.topics import TopicName
from ingest.sources.budget import Came
from ingest.sources.datadis.account import account
from ingest.sources.datadis.client import DatadisError
from ingest.sources.datadis.forms import FIELDS, HOUR, Period, curve
from ingest.sources.datadis.registered import Home, Registered
from ingest.sources.datadis.supplies import Supply, remembered
from ingest.sources.source import Progress, Question, Record, Unreadable
from store.instants import instant_of, rfc3339
from store.reports import replace_text

USUAL = timedelta(days=365)
"""The age of months that are asked for although no device lacks anything in them."""
AGAIN = timedelta(days=7)
"""A month that is whole may still change when it is billed."""
OLDEST_MONTHS = 24
"""Datadis keeps no more."""


class Consumption:
    """The source ``datadis``; ``is_by_hand``: asked by a person, to whom no month is given up."""

    topic: TopicName = "intervals"

    def __init__(
        self,
        settings: Settings,
        registered: Registered | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        is_by_hand: bool = False,
    ) -> None:
        self._registered, self._clock, self._is_by_hand = registered or Registered(settings), clock, is_by_hand
        self._account = account(settings)
        self._budget, self._folder = self._account.budget, self._account.folder

    def missing(self, first: date, last: date) -> Iterator[Question]:
        """A question for each supply and month with a day in ``[first, last)``.

        Months of which devices lack quarter-hours come first, then the others, the newest first. Left out are months
        that are whole and lately asked, that may not be asked yet, that are given up, and those of more than a year ago
        that lack nothing. Raises ``LoginRefused``, :class:`DatadisError` where no installation has a CUPS.
        """
        homes = {number(home.cups): home for home in self._registered.homes()}
        if not homes:
            raise DatadisError("No installation has a cups; `solera register` one to get its hours from Datadis.")
        known = self._account.supplies(self._clock())
        asked = [(supply, homes[number(supply.cups)]) for supply in known if number(supply.cups) in homes]
        wanted = [
            (month, supply, home)
            for month in reversed(_months(first, last, self._clock()))
            for supply, home in asked
            if supply.is_valid_in(month) and self._is_wanted(supply, home, month)
        ]
        holes = self._registered.holes((home.installation_id, month) for month, _, home in wanted) if wanted else set()
        oldest = (self._clock() - USUAL).date().replace(day=1)
        for month, supply, home in sorted(wanted, key=lambda each: (each[2].installation_id, each[0]) not in holes):
            if self._is_by_hand or month >= oldest or (home.installation_id, month) in holes:
                fetch = partial(self._fetch, supply, home, month)
                yield Question(_name(supply, month), fetch, partial(self._remember, supply, month))

    def _is_wanted(self, supply: Supply, home: Home, month: date) -> bool:
        name = _name(supply, month)
        last, now = self._budget.last(name), self._clock()
        is_old = last is None or last.again is None or last.in_vain > 0 or now - last.at >= AGAIN
        may_ask = self._account.may_ask(name, now, self._is_by_hand)
        return may_ask and (is_old or not self._is_whole(supply, home, month))

    def _is_whole(self, supply: Supply, home: Home, month: date) -> bool:
        begin, end = local_month(month.year, month.month, zone(home.time_zone))
        return len(self._said(supply, month)) >= (end - begin) // timedelta(minutes=supply.minutes)

    def _fetch(self, supply: Supply, home: Home, month: date, progress: Progress) -> list[Record]:
        name = _name(supply, month)
        try:
            periods = self._periods(supply, home, month, progress)
        finally:
            last = self._budget.last(name)
            if last is not None and last.again is None:
                progress(f"{name}: given up, it was asked in vain {last.in_vain} times; `solera backfill` asks it")
        known = self._first_said(supply, month, periods)
        return [_record(home, period, known_at) for period, known_at in known]

    def _periods(self, supply: Supply, home: Home, month: date, progress: Progress) -> list[Period]:
        name = _name(supply, month)
        asking = {**supply.asking(month), "measurementType": "1" if supply.minutes == 15 else "0"}
        stated = self._account.ask(name, self._clock(), "get-consumption-data-v2", asking)
        with Unreadable(name, progress) as unreadable:
            periods = curve(stated.rows, supply.minutes, home.time_zone, unreadable)
        self._account.end(stated._replace(at=self._clock()), periods, "periods", progress)
        stated_wh = [period.energies["import_wh"] for period in periods if "import_wh" in period.energies]
        if {period.minutes for period in periods} == {HOUR} and in_whole_kwh(stated_wh):
            progress(f"{name}: its hours are whole kWh: what that leaves out is `resolution` in `solera reconcile`")
        return periods

    def _said(self, supply: Supply, month: date) -> dict[str, dict[str, Any]]:
        return remembered(self._memory(supply, month))

    def _memory(self, supply: Supply, month: date) -> Path:
        return self._folder / f"{_name(supply, month)}.json"

    def _first_said(self, supply: Supply, month: date, periods: list[Period]) -> list[tuple[Period, datetime]]:
        """Each period, and since when Datadis says so."""
        said, now = self._said(supply, month), self._clock()
        known: list[tuple[Period, datetime]] = []
        for period in periods:
            before = said.get(rfc3339(period.start))
            is_same = before is not None and (before["energies"], before["method"]) == (period.energies, period.method)
            known.append((period, instant_of(before["known_at"]) if before and is_same else now))
        return known

    def _remember(self, supply: Supply, month: date, records: list[Record]) -> Came:
        """Keep what is published, for the next time."""
        said = self._said(supply, month)
        for each in records:
            energies = {name: each[name] for name in FIELDS.values() if name in each}
            states = {"energies": energies, "method": each["method"], "known_at": rfc3339(each["known_at"])}
            said[rfc3339(each["start"])] = states
        replace_text(self._memory(supply, month), json.dumps(said))
        return Came.ANSWER


def _record(home: Home, period: Period, known_at: datetime) -> Record:
    ends: Mapping[str, Any] = {"start": period.start, "end": period.start + timedelta(minutes=period.minutes)}
    whose = {"schema": 1, "installation_id": home.installation_id, "meter_id": home.cups}
    return {**whose, **ends, **period.energies, "method": period.method, "source": "datadis", "known_at": known_at}


def _months(first: date, last: date, now: datetime) -> list[date]:
    """Firsts of the months with a day in ``[first, last)``, of those that Datadis has."""
    newest, oldest = now.year * 12 + now.month - 1, now.year * 12 + now.month - 1 - OLDEST_MONTHS
    final = last - timedelta(days=1)
    numbers = range(max(first.year * 12 + first.month - 1, oldest), min(final.year * 12 + final.month - 1, newest) + 1)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def _name(supply: Supply, month: date) -> str:
    return f"{supply.cups}-{month:%Y-%m}"
