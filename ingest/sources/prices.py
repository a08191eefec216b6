"""Sources of prices that can be asked again, day by day of Europe/Madrid, and which of their days are held already."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

import requests

from conf import Settings
from energy.calendar import local_day
from ingest.sources import esios, omie
from store import cassandra
from store.instants import utc

PAUSE_S = 1.0
"""Between two requests to a source without a published quota."""
TOKEN = "ESIOS_TOKEN"  # noqa: S105
HELD_BY = {
    "omie": ("spot", "ES"),
    "pvpc": ("pvpc", "ES-peninsula"),
    "apidatos": ("pvpc", "ES-peninsula"),
    "esios": ("surplus", "ES"),
}
"""Source → market and zone whose prices show that a day of it is held."""
_SURPLUS, _PVPC = 1739, 1001
_HELD = "SELECT start, end, kind FROM price WHERE market = ? AND zone = ? AND day = ?"
Records = list[dict[str, Any]]


def missing_days(settings: Settings, source: str, first: date, last: date) -> list[date]:
    """Days in ``[first, last)`` of Europe/Madrid of which the platform does not hold every known price."""
    market, zone = HELD_BY[source]
    with cassandra.session(settings) as session:
        held = session.prepare(_HELD)

        def covered(day: date) -> bool:
            start, end = local_day(day, omie.MARKET_ZONE)
            # A day of Madrid lies in two UTC days.
            partitions = {start.date(), (end - timedelta(hours=1)).date()}
            rows = [row for each in partitions for row in session.execute(held, (market, zone, each))]
            known = {(utc(r.start), utc(r.end)) for r in rows if r.kind != "forecast" and r.end is not None}
            return is_whole({(a, b) for a, b in known if start <= a < end}, start, end)

        return [day for day in (first + timedelta(days=n) for n in range((last - first).days)) if not covered(day)]


def is_whole(periods: set[tuple[datetime, datetime]], start: datetime, end: datetime) -> bool:
    """Whether ``periods`` leave no instant of ``[start, end)`` without a price."""
    reached = start
    for begin, until in sorted(periods):
        if begin > reached:
            return False
        reached = max(reached, until)
    return reached >= end


def fetch_days(source: str, days: Sequence[date]) -> Iterator[tuple[date, Records]]:
    """Each day's records as the source answers now; none of a day that it has not published.

    Raises ``requests.RequestException``, :class:`ingest.sources.esios.EsiosError`,
    :class:`ingest.sources.omie.OmieFileError`.
    """
    token = os.environ.get(TOKEN, "")
    if source == "esios" and not token:
        raise esios.EsiosError(f"ESIOS needs a token: ask for one at consultasios@ree.es and set {TOKEN}.")
    session = requests.Session()
    fetch: dict[str, Callable[[date, datetime], Records]] = {
        "omie": lambda day, now: omie.fetch_day(session, day, now),
        "pvpc": lambda day, now: esios.fetch_pvpc_file(session, day, now),
        "apidatos": lambda day, now: esios.fetch_apidatos(session, day, now),
        "esios": lambda day, now: [
            record for number in (_PVPC, _SURPLUS) for record in esios.fetch_indicator(session, number, day, token, now)
        ],
    }
    for day in days:
        yield day, fetch[source](day, datetime.now(timezone.utc))
        time.sleep(PAUSE_S)
