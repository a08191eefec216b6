"""Periods in which something held, as a file says them: dates are local midnights, instants are exact."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timezone, tzinfo
from itertools import pairwise

from energy.calendar import day_start, period_start
from ingest.catalogue.entries import CatalogueError
from ingest.catalogue.spans import Dated
from store.history.periods import ALWAYS, FOREVER, Period, Value


def periods(where: str, stated: Iterable[tuple[Value, Dated]], zone: tzinfo, now: datetime) -> list[Period[Value]]:
    """The ``stated`` values in order of time; dates are midnights of ``zone``.

    Raises :class:`CatalogueError`, which begins with ``where``, for one that ends before it begins, lies behind ``now``
    (UTC), is not of whole quarter-hours, or overlaps another.
    """
    found = [
        Period(value, _instant(each.since, zone, ALWAYS), _instant(each.until, zone, FOREVER)) for value, each in stated
    ]
    found.sort(key=lambda each: each.start)
    for each in found:
        _check(where, each, now)
    for one, other in pairwise(found):
        if one.end > other.start:
            raise CatalogueError(f"{where}: {one.value} and {other.value} overlap; end one where the other begins")
    return found


def _check(where: str, of: Period[Value], now: datetime) -> None:
    if of.start >= of.end:
        raise CatalogueError(f"{where}: {of.value} ends before it begins")
    for edge in {of.start, of.end} - {ALWAYS, FOREVER}:
        if edge > now:
            raise CatalogueError(f"{where}: {edge:%Y-%m-%dT%H:%MZ} is still to come; register it when it has come")
        if edge != period_start(edge):
            raise CatalogueError(f"{where}: {edge:%Y-%m-%dT%H:%M:%SZ} is within a quarter-hour; give where that begins")


def _instant(edge: date | None, zone: tzinfo, otherwise: datetime) -> datetime:
    if edge is None:
        return otherwise
    if isinstance(edge, datetime):
        return edge.astimezone(timezone.utc)
    return day_start(edge, zone)
