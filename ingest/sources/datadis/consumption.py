"""The curves of every supply that is registered, month by month, into topic ``intervals``.

What a distributor changes afterwards is kept beside what it said before: each value bears the instant at which it was
first seen. Values and attempts stand below ``<home>/datadis``.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from conf import Settings
from energy.calendar import local_month, zone
from energy.topics import TopicName
from ingest.sources.budget import Budget
from ingest.sources.datadis.client import Datadis, DatadisError
from ingest.sources.datadis.forms import Period, curve
from ingest.sources.datadis.supplies import Supply, remembered, supplies, within
from ingest.sources.source import Progress, Question, Record, Unreadable
from store import cassandra
from store.instants import instant_of, rfc3339
from store.reports import replace_text

HOLD = timedelta(hours=24, minutes=1)
"""Datadis answers the same question once in 24 hours, by its own clock."""
LONGEST_WAIT = timedelta(minutes=10)
"""What may be asked so soon is waited for: a night begins a day after the other, to the minute or not."""
AGAIN = timedelta(days=7)
"""A month that is whole may still change when it is billed."""
OLDEST_MONTHS = 24
"""Datadis keeps no more."""
IN_VAIN = 12
"""A month that has given nothing so often in a row is given up."""
MADRID = "Europe/Madrid"


class Home(NamedTuple):
    """An installation with a CUPS, and the zone of its clock."""

    installation_id: str
    cups: str
    time_zone: str


def registered(settings: Settings) -> list[Home]:
    """The installations of the catalogue that have a CUPS."""
    with cassandra.session(settings) as session:
        rows = session.execute("SELECT installation_id, cups, time_zone FROM installation")
        return [Home(row.installation_id, row.cups, row.time_zone or MADRID) for row in rows if row.cups]


class Consumption:
    """The source ``datadis``."""

    topic: TopicName = "intervals"

    def __init__(
        self,
        settings: Settings,
        homes: Callable[[Settings], list[Home]] = registered,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        env = os.environ
        self._settings, self._homes, self._clock, self._sleep = settings, homes, clock, sleep
        self._folder = settings.home / "datadis"
        self._datadis = Datadis(settings.datadis.base, env.get("DATADIS_USERNAME", ""), env.get("DATADIS_PASSWORD", ""))
        self._budget = Budget(self._folder / "asked.json", HOLD)

    def missing(self, first: date, last: date) -> Iterator[Question]:
        """A question for each supply and month with a day in ``[first, last)``, the newest month first.

        Left out are months that are whole and lately asked, that may not be asked yet, and that are given up. Raises
        ``LoginRefused``, :class:`DatadisError` where no installation has a CUPS.
        """
        homes = {home.cups[:20]: home for home in self._homes(self._settings)}
        if not homes:
            raise DatadisError("No installation has a cups; `solera register` one to get its hours from Datadis.")
        known = supplies(self._datadis, self._budget, self._folder / "supplies.json", self._clock())
        asked = [(supply, homes[supply.cups[:20]]) for supply in known if supply.cups[:20] in homes]
        for month in reversed(_months(first, last, self._clock())):
            for supply, home in asked:
                if supply.is_valid_in(month) and self._is_wanted(supply, home, month):
                    yield Question(_name(supply, month), partial(self._fetch, supply, home, month))

    def _is_wanted(self, supply: Supply, home: Home, month: date) -> bool:
        name = _name(supply, month)
        last = self._budget.last(name)
        wait = self._budget.wait(name, self._clock())
        if wait > LONGEST_WAIT or (last and last.in_vain >= IN_VAIN):
            return False
        is_wanted = last is None or self._clock() - last.at >= AGAIN or not self._is_whole(supply, home, month)
        if is_wanted and wait:
            self._sleep(wait.total_seconds())
        return is_wanted

    def _is_whole(self, supply: Supply, home: Home, month: date) -> bool:
        begin, end = local_month(month.year, month.month, zone(home.time_zone))
        return len(self._said(supply, month)) >= (end - begin) // timedelta(minutes=supply.minutes)

    def _fetch(self, supply: Supply, home: Home, month: date, progress: Progress) -> list[Record]:
        name = _name(supply, month)
        asking = supply.asking(month)
        rows, word = within(self._budget, self._datadis, name, self._clock(),
                            lambda: self._datadis.ask("get-consumption-data-v2", asking, "timeCurve"))  # fmt: skip
        with Unreadable(name, progress) as unreadable:
            periods = curve(rows, supply.minutes, home.time_zone, unreadable)
        self._budget.end(name, f"{len(periods)} periods{'; ' + word if word else ''}", is_in_vain=not periods)
        if word and not periods:
            raise DatadisError(f"the distributor has an error ({word}); it is asked again tomorrow")
        if word:
            progress(f"{name}: {word}")
        said = self._first_said(supply, month, periods)
        return [_record(supply, home, period, known_at) for period, known_at in said]

    def _said(self, supply: Supply, month: date) -> dict[str, dict[str, Any]]:
        return remembered(self._memory(supply, month))

    def _memory(self, supply: Supply, month: date) -> Path:
        return self._folder / f"{_name(supply, month)}.json"

    def _first_said(self, supply: Supply, month: date, periods: list[Period]) -> list[tuple[Period, datetime]]:
        """Each period, and since when Datadis says so; remembered for the next time."""
        said, now = self._said(supply, month), rfc3339(self._clock())
        known: list[tuple[Period, datetime]] = []
        for period in periods:
            states = {"energies": dict(period.energies), "method": period.method}
            before = said.get(rfc3339(period.start), {})
            same = {name: before.get(name) for name in states} == states
            said[rfc3339(period.start)] = states | {"known_at": before["known_at"] if same else now}
            known.append((period, instant_of(said[rfc3339(period.start)]["known_at"])))
        replace_text(self._memory(supply, month), json.dumps(said))
        return known


def _record(supply: Supply, home: Home, period: Period, known_at: datetime) -> Record:
    ends: Mapping[str, Any] = {"start": period.start, "end": period.start + timedelta(minutes=supply.minutes)}
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
