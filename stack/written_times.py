"""Times as people type them on a command line: today, yesterday, 2026-11, 24/11/2026, a time of the zone's clock."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from energy import calendar
from energy.calendar import MADRID
from serving_layer import instants
from serving_layer.instants import BadInstant

DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_MONTH = re.compile(r"\d{4}-\d{2}")
_SPANISH = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_CLOCK = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2})?")


def instant(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The instant (UTC) of ``text``.

    A day is its midnight in ``zone``, a month that of its first day, ``now`` the instant itself; a day with strokes
    begins with its day of the month. A time without offset is that of the clock in ``zone``. Anything else is what
    :func:`serving_layer.instants.parse` takes. Raises :class:`BadInstant`, also for a time that the clock of ``zone``
    skips or shows twice.
    """
    word = text.strip().lower()
    if word == "now":
        return now
    if word in DAYS:
        return instants.parse((now.astimezone(zone).date() + timedelta(days=DAYS[word])).isoformat(), zone)
    if _MONTH.fullmatch(word):
        return instants.parse(f"{word}-01", zone)
    if found := _SPANISH.fullmatch(word):
        return instants.parse(_day(text, *map(int, found.groups())).isoformat(), zone)
    if _CLOCK.fullmatch(word):
        return _clock(text.strip(), zone)
    return instants.parse(text, zone)


def day(text: str, zone: ZoneInfo, now: datetime) -> date:
    """The local day that ``text`` names as for :func:`instant`. Raises :class:`BadInstant`, also for a time of it."""
    at = instant(text, zone, now)
    local = at.astimezone(zone).date()
    if at != calendar.day_start(local, zone):
        raise BadInstant(f"{text!r} is a time; write a day: 2026-11-24, 24/11/2026 or yesterday")
    return local


def days(month: str | None, first: str | None, until: str | None) -> tuple[date, date]:
    """The days of :func:`serving_layer.instants.days`, given as people write them, by the clock of Madrid."""
    now = datetime.now(timezone.utc)
    plain = (None if each is None else day(each, MADRID, now).isoformat() for each in (first, until))
    return instants.days(month, *plain)


def _day(text: str, day: int, month: int, year: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise BadInstant(f"{text!r} is no day; write 24/11/2026 (day, month, year) or 2026-11-24") from None


def _clock(text: str, zone: ZoneInfo) -> datetime:
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise BadInstant(f"{text!r} is no time; write 2026-03-29T10:00 or 2026-03-29T10:00:00Z") from None
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(timezone.utc) for fold in (0, 1))
    if first != second:
        how = "shows twice" if first.astimezone(zone).replace(tzinfo=None) == local else "skips"
        both = " or ".join(instants.text(each) for each in sorted((first, second)))
        raise BadInstant(f"{text!r} is a time that the clock of {zone.key} {how}; write {both}")
    return instants.parse(instants.text(first), zone)
