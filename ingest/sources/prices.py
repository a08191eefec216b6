"""Sources of prices that can be asked again, day by day of Europe/Madrid, and which of their days are held already."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import requests

from conf import Settings
from energy.calendar import local_day
from energy.topics import TopicName
from ingest.sources import esios, omie, web
from ingest.sources.price_records import MADRID
from ingest.sources.source import Failures, Progress, Question, Record, log
from store import cassandra
from store.instants import utc

PAUSE_S = 1.0
"""Between two requests to a source without a published quota: its budget."""
TOKEN = "ESIOS_TOKEN"  # noqa: S105
_SURPLUS, _PVPC = 1739, 1001
_HELD = "SELECT start, end, kind FROM price WHERE market = ? AND zone = ? AND day = ?"
Periods = set[tuple[datetime, datetime]]


class Daily(NamedTuple):
    """A source of prices that is asked day by day."""

    fetch: Callable[[requests.Session, date, Progress], list[Record]]
    """The prices of a day of Europe/Madrid; none where they are not published (yet)."""
    market: str
    zone: str
    """The market and zone whose prices show that a day of it is held."""
    is_nightly: bool = True
    """Whether the night asks for its latest days once a backfill has begun with it."""
    key: str = ""
    """Variable of the environment without which it answers nobody."""


def _of_esios(session: requests.Session, day: date, progress: Progress) -> list[Record]:
    token = os.environ.get(TOKEN, "")
    if not token:
        raise esios.TokenRefused(f"ESIOS needs a token: ask for one at consultasios@ree.es and set {TOKEN}.")
    numbers = (_PVPC, _SURPLUS)
    return [one for number in numbers for one in esios.fetch_indicator(session, number, day, token, progress)]


DAILY: Mapping[str, Daily] = {
    "omie": Daily(omie.fetch_day, "spot", "ES"),
    "pvpc": Daily(esios.fetch_pvpc_file, "pvpc", "ES-peninsula"),
    "apidatos": Daily(esios.fetch_apidatos, "pvpc", "ES-peninsula", is_nightly=False),
    "esios": Daily(_of_esios, "surplus", "ES", key=TOKEN),
}


class PriceSource:
    """The source of prices ``name``, one of :data:`DAILY`."""

    topic: TopicName = "prices"

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings, self._name = settings, name

    def missing(self, first: date, last: date) -> Iterable[Question]:
        """A question for each day in ``[first, last)`` of which the platform does not hold every known price."""
        return questions(self._name, missing_days(self._settings, self._name, first, last))


def missing_days(settings: Settings, source: str, first: date, last: date) -> list[date]:
    """Days in ``[first, last)`` of Europe/Madrid of which the platform does not hold every known price."""
    with cassandra.session(settings) as session:
        held = session.prepare(_HELD)
        days = (first + timedelta(days=n) for n in range((last - first).days))
        return [day for day in days if not _is_held(session, held, DAILY[source], day)]


def holds_any(settings: Settings, source: str, first: date, last: date) -> bool:
    """Whether the platform holds a known price of the days in ``[first, last)``: whether it is kept up at all."""
    with cassandra.session(settings) as session:
        held = session.prepare(_HELD)
        days = (first + timedelta(days=n) for n in range((last - first).days))
        return any(_known(session, held, DAILY[source], day) for day in days)


def _is_held(session: Any, held: Any, source: Daily, day: date) -> bool:
    start, end = local_day(day, MADRID)
    # A day of Madrid lies in two UTC days.
    known: Periods = set()
    for partition in {start.date(), (end - timedelta(hours=1)).date()}:
        known |= _known(session, held, source, partition)
    return is_whole({(begin, until) for begin, until in known if start <= begin < end}, start, end)


def _known(session: Any, held: Any, source: Daily, day: date) -> Periods:
    """Periods of the UTC ``day`` whose price is known, not forecast."""
    rows = session.execute(held, (source.market, source.zone, day))
    return {(utc(row.start), utc(row.end)) for row in rows if row.kind != "forecast" and row.end is not None}


def is_whole(periods: Periods, start: datetime, end: datetime) -> bool:
    """Whether ``periods`` leave no instant of ``[start, end)`` without a price."""
    reached = start
    for begin, until in sorted(periods):
        if begin > reached:
            return False
        reached = max(reached, until)
    return reached >= end


def questions(source: str, days: Sequence[date]) -> Iterator[Question]:
    """A question for each day, :data:`PAUSE_S` apart."""
    fetch = partial(DAILY[source].fetch, web.browser())
    for number, day in enumerate(days):
        if number:
            time.sleep(PAUSE_S)
        yield Question(f"{day}", partial(fetch, day))


def fetch_days(
    source: str, days: Sequence[date], progress: Progress = log.warning
) -> Iterator[tuple[date, list[Record]]]:
    """Each day that the source answers, and its records; none of a day that it has not published.

    A day that fails is said, and the next asked. Raises :class:`ingest.sources.source.SourceAway`.
    """
    for name, records in Failures().answers(questions(source, days), progress):
        yield date.fromisoformat(name), records
