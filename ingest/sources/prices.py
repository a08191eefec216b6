"""Sources of prices that can be asked again, day by day of Europe/Madrid, and which of their days are held already."""

from __future__ import annotations

import os
import time as clock
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, NamedTuple

import requests

from conf import Settings
from energy.calendar import MADRID, local_day
from energy.topics import TopicName
from ingest.sources import esios, omie, web
from ingest.sources.budget import Came
from ingest.sources.source import Progress, Question, Record
from ingest.sources.timetable import PVPC_OUT, SPOT_OUT
from store import cassandra
from store.instants import utc

PAUSE_S = 1.0
"""Between two requests to a source without a published quota: its budget."""
TOKEN = "ESIOS_TOKEN"  # noqa: S105
_SURPLUS, _PVPC = 1739, 1001
SPANISH_CLOCKS = frozenset({"Europe/Madrid", "Atlantic/Canary", "Africa/Ceuta"})
_HELD = "SELECT start, end, kind FROM price WHERE market = ? AND zone = ? AND day = ?"
Periods = set[tuple[datetime, datetime]]


class Daily(NamedTuple):
    """A source of prices that is asked day by day."""

    fetch: Callable[[requests.Session, str, date, Progress], list[Record]]
    """The prices, from an address, of a day of Europe/Madrid; none where they are not published (yet)."""
    base: Callable[[Settings], str]
    """The address at which it answers."""
    market: str
    zone: str
    """The market and zone whose prices show that a day of it is held."""
    out: time | None
    """The time by Madrid's clock when the prices of the following day come out; None: it is asked by hand alone."""
    key: str = ""
    """Variable of the environment without which it answers nobody."""


def _of_esios(session: requests.Session, base: str, day: date, progress: Progress) -> list[Record]:
    token = os.environ.get(TOKEN, "")
    if not token:
        raise esios.TokenRefused(f"ESIOS needs a token: ask for one at consultasios@ree.es and set {TOKEN}.")
    numbers = (_PVPC, _SURPLUS)
    urls = (f"{base}{esios.INDICATORS}{number}" for number in numbers)
    return [one for url in urls for one in esios.fetch_indicator(session, url, day, token, progress)]


def _base(settings: Settings) -> str:
    return settings.esios.base


DAILY: Mapping[str, Daily] = {
    "omie": Daily(omie.fetch_day, lambda settings: settings.omie.base, "spot", "ES", SPOT_OUT),
    "pvpc": Daily(esios.fetch_pvpc_file, _base, "pvpc", "ES-peninsula", PVPC_OUT),
    "apidatos": Daily(esios.fetch_apidatos, lambda settings: settings.esios.apidatos, "pvpc", "ES-peninsula", out=None),
    "esios": Daily(_of_esios, _base, "surplus", "ES", PVPC_OUT, key=TOKEN),
}


class PriceSource:
    """The source of prices ``name``, one of :data:`DAILY`; ``is_due``: whether a day may be asked for."""

    topic: TopicName = "prices"

    def __init__(self, settings: Settings, name: str, is_due: Callable[[date], bool] = lambda _: True) -> None:
        self._settings, self._name, self._is_due = settings, name, is_due

    def missing(self, first: date, last: date) -> Iterable[Question]:
        """A question for each day in ``[first, last)`` of which the platform lacks a known price, the newest first."""
        days = [first + timedelta(days=n) for n in range((last - first).days)]
        due = [day for day in reversed(days) if self._is_due(day)]
        missing = missing_days(self._settings, self._name, due) if due else ()
        return questions(self._settings, self._name, missing)


def missing_days(settings: Settings, source: str, days: Iterable[date]) -> list[date]:
    """The ``days`` (of Europe/Madrid) of which the platform does not hold every known price."""
    with cassandra.session(settings) as session:
        held = session.prepare(_HELD)
        return [day for day in days if not _is_held(session, held, DAILY[source], day)]


def begun_with(settings: Settings, source: str, first: date, last: date) -> date | None:
    """The first UTC day in ``[first, last)`` of which the platform holds a known price; None where it holds none."""
    with cassandra.session(settings) as session:
        held = session.prepare(_HELD)
        days = (first + timedelta(days=n) for n in range((last - first).days))
        return next((day for day in days if _known(session, held, DAILY[source], day)), None)


def is_in_spain(settings: Settings) -> bool:
    """Whether an installation of the catalogue stands where these prices are paid."""
    with cassandra.session(settings) as session:
        return any(row.time_zone in SPANISH_CLOCKS for row in session.execute("SELECT time_zone FROM installation"))


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


def questions(settings: Settings, source: str, days: Sequence[date]) -> Iterator[Question]:
    """A question for each day, :data:`PAUSE_S` apart."""
    of = DAILY[source]
    fetch = partial(of.fetch, web.browser(), of.base(settings))
    for number, day in enumerate(days):
        if number:
            clock.sleep(PAUSE_S)
        yield Question(f"{day}", partial(fetch, day), partial(_came, of, day))


def _came(source: Daily, day: date, records: list[Record]) -> Came:
    own = {
        (each["start"], each["end"])
        for each in records
        if (each["market"], each["zone"]) == (source.market, source.zone)
    }
    return Came.ANSWER if is_whole(own, *local_day(day, MADRID)) else Came.NOTHING
