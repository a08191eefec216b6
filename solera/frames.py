"""Rows of the API as a DataFrame, and the times of a question as the API takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

import pandas as pd

from conf.refusal import Refusal
from energy import calendar

Moment: TypeAlias = str | date
"""A date, a time or a text of one (``2026-11-24``, ``2026-11-24T10:00``, with an offset or without)."""
INSTANTS = frozenset(("start", "end", "until", "time", "issued_at", "known_at", "published", "started", "cut")) | {
    "raised_at",
    "cleared_at",
    "received_at",
    "written_at",
}
"""Columns of instants: UTC on the wire, the zone's clock in a DataFrame."""
DAYS = frozenset(("day", "month"))
"""Columns of dates."""


class BadMoment(Refusal):
    """A text that is no time or zone, or a time that a zone's clock skips or shows twice."""

    kind = "bad-parameter"
    status = 422


def frame(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], zone: str) -> pd.DataFrame:
    """``rows`` with at least ``columns``; instants are aware, by the clock of ``zone``; days are dates at midnight."""
    listed = list(rows)
    names = list(dict.fromkeys([*columns, *(name for row in listed for name in row)]))
    made: pd.DataFrame = pd.DataFrame([[row.get(name) for name in names] for row in listed], columns=names)
    for name in names:
        if name in INSTANTS:
            made[name] = pd.to_datetime(made[name], utc=True, format="ISO8601").dt.tz_convert(zone)
        elif name in DAYS:
            made[name] = pd.to_datetime(made[name], format="ISO8601")
    return made


def instant(moment: Moment, zone: str) -> pd.Timestamp:
    """``moment`` as an aware time; without an offset it is one of the clock of ``zone``. Raises :class:`BadMoment`."""
    try:
        place = calendar.zone(zone)
        # pandas takes "today" for this very instant by the machine's clock.
        if isinstance(moment, str) and not moment[:1].isdigit():
            raise ValueError
        form = "ISO8601" if isinstance(moment, str) else None
        found: pd.Timestamp = pd.to_datetime(moment, format=form)
        if found.tzinfo is None and found == found.normalize():
            found = pd.Timestamp(calendar.day_start(found.date(), place))
        elif found.tzinfo is None:
            once, again = (found.to_pydatetime().replace(tzinfo=place, fold=fold) for fold in (0, 1))
            if once.utcoffset() != again.utcoffset():
                raise BadMoment(f"{moment!r} is skipped or shown twice by the clock of {zone}; write its offset, too")
            found = pd.Timestamp(once)
        here: pd.Timestamp = found.tz_convert(place)
        return here
    except calendar.UnknownZone as error:
        raise BadMoment(str(error)) from None
    except (ValueError, TypeError):
        raise BadMoment(f"{moment!r} is no time; write 2026-11-24, 2026-11-24T10:00 or 2026-11-24T10:00Z") from None


def years(first: pd.Timestamp, last: pd.Timestamp) -> Iterator[tuple[pd.Timestamp, pd.Timestamp]]:
    """``first`` to ``last`` in parts that end where a year of their zone does: the API answers no more at once."""
    while first < last:
        midnight = pd.Timestamp(year=first.year + 1, month=1, day=1).tz_localize(first.tzinfo)
        yield first, min(midnight, last)
        first = min(midnight, last)
