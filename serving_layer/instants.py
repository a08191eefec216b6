"""Instants and zones as people write them, and back: RFC 3339 at the edge, UTC inside."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

from conf.refusal import Refusal
from energy import calendar

EARLIEST = datetime(2000, 1, 1, tzinfo=timezone.utc)
LATEST = datetime(2100, 1, 1, tzinfo=timezone.utc)


class Span(NamedTuple):
    """A span from ``start`` to before ``end``, UTC."""

    start: datetime
    end: datetime


class BadInstant(Refusal):
    """A text that is no instant or zone; its message says how one is written."""

    kind = "bad-parameter"
    status = 422
    exit_code = 2


def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name. Raises :class:`BadInstant`."""
    try:
        return calendar.zone(name)
    except calendar.UnknownZone as error:
        raise BadInstant(str(error)) from None


def parse(text: str, local: ZoneInfo) -> datetime:
    """The instant (UTC) of an RFC 3339 text; a plain date is its midnight in ``local``.

    Raises :class:`BadInstant` for anything else, a time without offset among it, and for years before 2000 or
    after 2099.
    """
    try:
        if len(text) == len("2026-03-29"):
            day = date.fromisoformat(text)
            instant = calendar.day_start(day, local)
        else:
            # "+" in a query string arrives as a blank
            offset = text[11:].replace(" ", "+").upper().replace("Z", "+00:00")
            instant = datetime.fromisoformat(text[:11] + offset)
    except ValueError:
        raise BadInstant(f"{text!r} is no instant; write 2026-03-29T00:00:00Z or 2026-03-29") from None
    if instant.tzinfo is None:
        raise BadInstant(f"{text!r} has no offset; write {text}Z or {text}+01:00")
    try:
        instant = instant.astimezone(timezone.utc)
    except OverflowError:
        instant = datetime.min.replace(tzinfo=timezone.utc)
    if not EARLIEST <= instant < LATEST:
        raise BadInstant(f"{text!r} lies outside the years 2000 to 2099")
    return instant


def day(text: str) -> date:
    """The date of an ISO 8601 text. Raises :class:`BadInstant`, also for years before 2000 or after 2099."""
    try:
        found = date.fromisoformat(text) if len(text) == len("2026-03-29") else None
    except ValueError:
        found = None
    if found is None:
        raise BadInstant(f"{text!r} is no day; write 2026-03-29")
    if not EARLIEST.date() <= found < LATEST.date():
        raise BadInstant(f"{text!r} lies outside the years 2000 to 2099")
    return found


def days(month: str | None, first: str | None, until: str | None) -> tuple[date, date]:
    """The first day and the day after the last, of a month (``2026-03``) or as they are given.

    Raises :class:`BadInstant`.
    """
    if (month is None) == (first is None and until is None) or (first is None) != (until is None):
        raise BadInstant("name a month, or the first day (from) and the day after the last (to)")
    if month is not None:
        begin = day(f"{month}-01")
        return begin, calendar.months_later(begin)
    found = day(first or ""), day(until or "")
    if found[0] >= found[1]:
        raise BadInstant(f"to ({until}) must come after from ({first})")
    return found


def text(instant: datetime) -> str:
    """RFC 3339; in UTC with the letter Z."""
    return instant.isoformat().replace("+00:00", "Z")
