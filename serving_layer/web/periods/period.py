"""The days that a page shows: a local day, week, month or year, the one before it, and what of both may be compared."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

from energy.calendar import day_start, months_later
from serving_layer.instants import Span

Kind = Literal["day", "week", "month", "year"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PARTS = {"day": "15m", "week": "day", "month": "day", "year": "month"}
"""Resolution of the values in a period of each kind."""


class Period(NamedTuple):
    """The local days from ``first`` to before ``until``."""

    kind: Kind
    first: date
    until: date

    @property
    def before(self) -> Period:
        """The period of the same kind that ends where this one begins."""
        return period_of(self.kind, self.first - timedelta(days=1))

    @property
    def after(self) -> Period:
        """The one that begins where this one ends."""
        return period_of(self.kind, self.until)

    def span(self, zone: ZoneInfo) -> Span:
        """The instants of the period in ``zone``."""
        return Span(day_start(self.first, zone), day_start(self.until, zone))

    def comparable(self, now: datetime, zone: ZoneInfo) -> Span:
        """The part of the period before that measures this one: all of it once this one has ended at ``now``.

        Of one that runs, the period before up to the same day and time of its own clock.
        """
        start, end = self.before.span(zone)
        if not self.span(zone).start <= now < self.span(zone).end:
            return Span(start, end)
        local = now.astimezone(zone)
        day = min(self._day_before(local.date()), self.before.until)
        same = datetime.combine(day, local.time(), zone).astimezone(now.tzinfo)
        return Span(start, max(start, min(end, same)))

    def _day_before(self, day: date) -> date:
        if self.kind != "year":
            return self.before.first + (day - self.first)
        leap = day.month == 2 and day.day == 29
        return day.replace(year=day.year - 1, day=28 if leap else day.day)


def period_of(kind: Kind, day: date) -> Period:
    """The period of ``kind`` that holds ``day``; weeks begin on Monday."""
    if kind == "day":
        return Period(kind, day, day + timedelta(days=1))
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(kind, monday, monday + timedelta(days=7))
    if kind == "month":
        first = day.replace(day=1)
        return Period(kind, first, months_later(first))
    return Period(kind, date(day.year, 1, 1), date(day.year + 1, 1, 1))
