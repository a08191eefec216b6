"""Periods of the calendar as UTC instants: quarter-hours, local days and months, sums over them.

A local day runs from its first instant to the next day's: 23, 24 or 25 hours, 92, 96 or 100 quarter-hours.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from energy.energy_row import EPOCH, QUARTER, EnergyRow, exact_sums, joined

MADRID, CANARY = ZoneInfo("Europe/Madrid"), ZoneInfo("Atlantic/Canary")
"""Clocks of Spain: peninsula, Baleares, Ceuta and Melilla; Canarias."""
RESOLUTIONS = ("15m", "hour", "day", "month")
HOUR = timedelta(hours=1)

_ZONES = available_timezones() - {"localtime", "Factory", "posixrules"}
"""IANA names: those of a machine's own settings, and those that count leap seconds, are left out."""


class UnknownZone(ValueError):
    """A time zone that the IANA data base does not know."""


class UnknownResolution(ValueError):
    """A resolution other than 15m, hour, day or month."""


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The IANA zone called ``name``. Raises :class:`UnknownZone`, also for names that mean another zone elsewhere."""
    if name not in _ZONES:
        near = get_close_matches(name, _ZONES, n=3, cutoff=0.8) or [MADRID.key]
        raise UnknownZone(f"time zone {name!r} is not known; use an IANA name such as {', '.join(near)}")
    return ZoneInfo(name)


def dates(first: date, last: date) -> list[date]:
    """Every date from ``first`` to ``last``, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def midnight(day: date) -> datetime:
    """The first instant of a UTC ``day``."""
    return datetime.combine(day, time(), timezone.utc)


def utc_dates(start: datetime, end: datetime) -> list[date]:
    """The UTC dates from that of ``start`` to that of ``end``, both included."""
    return dates(start.astimezone(timezone.utc).date(), end.astimezone(timezone.utc).date())


def period_start(instant: datetime, resolution: str = "15m", tz: tzinfo = timezone.utc) -> datetime:
    """Start (UTC) of the quarter-hour, or the hour, day or month of ``tz``, that holds the aware ``instant``.

    Raises :class:`UnknownResolution`.
    """
    utc = instant.astimezone(timezone.utc)
    if resolution == "15m":
        return utc.replace(minute=utc.minute - utc.minute % 15, second=0, microsecond=0)
    local = instant.astimezone(tz)
    if resolution == "hour":
        # Going back on the UTC line keeps the two hours of the same name apart when clocks go back.
        start = utc - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        while start.astimezone(tz).utcoffset() != local.utcoffset():
            start += QUARTER  # where clocks change by half an hour, within an hour, another begins
        return start
    if resolution == "day":
        return day_start(local.date(), tz)
    if resolution == "month":
        return day_start(local.date().replace(day=1), tz)
    raise UnknownResolution(f"resolution {resolution!r} is not known; use one of {', '.join(RESOLUTIONS)}")


def period_end(instant: datetime, resolution: str = "15m", tz: tzinfo = timezone.utc) -> datetime:
    """End (UTC) of the period that :func:`period_start` begins."""
    start = period_start(instant, resolution, tz)
    if resolution == "15m":
        return start + QUARTER
    if resolution == "hour":
        local = start.astimezone(tz)
        end = start + HOUR - timedelta(minutes=local.minute)
        while (end - QUARTER).astimezone(tz).utcoffset() != local.utcoffset():
            end -= QUARTER
        return end
    day = start.astimezone(tz).date()
    return day_start(day + timedelta(days=1) if resolution == "day" else months_later(day.replace(day=1)), tz)


def periods(
    start: datetime, end: datetime, resolution: str = "15m", tz: tzinfo = timezone.utc
) -> Iterator[tuple[datetime, datetime]]:
    """Start and end of every period of ``resolution`` that ``start``..``end`` touches, in order."""
    begin = period_start(start, resolution, tz)
    while begin < end:
        following = period_end(begin, resolution, tz)
        yield begin, following
        begin = following


def quarter_hours(start: datetime, end: datetime) -> Iterator[datetime]:
    """Starts (UTC) of the quarter-hours that begin in ``start``..``end``, the end excluded."""
    period = period_start(start)
    if period < start:
        period += QUARTER
    while period < end:
        yield period
        period += QUARTER


def day_start(day: date, tz: tzinfo) -> datetime:
    """First instant (UTC) of the local ``day``, also where the clocks change at midnight.

    A day that a place has left out (Apia 2011-12-30, on the date line) begins with the next one and lasts no time.
    """
    midnight = datetime.combine(day, time(), tz)
    instant = midnight.astimezone(timezone.utc)
    if instant.astimezone(tz).date() == day:
        return instant
    if (instant - timedelta(days=1)).astimezone(tz).date() < day < instant.astimezone(tz).date():
        return day_start(day + timedelta(days=1), tz)
    # Midnight itself was skipped: the day begins where the clocks changed.
    before, after = (midnight.replace(fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    return instant - abs(after - before)


def local_day(day: date, tz: tzinfo) -> tuple[datetime, datetime]:
    """First instant (UTC) of the local ``day`` and of the next."""
    return day_start(day, tz), day_start(day + timedelta(days=1), tz)


def local_month(year: int, month: int, tz: tzinfo) -> tuple[datetime, datetime]:
    """First instant (UTC) of the local month and of the next."""
    first = date(year, month, 1)
    return day_start(first, tz), day_start(months_later(first), tz)


def months_later(day: date, months: int = 1) -> date:
    """The same day so many months later, or the last of that month where it has no such day."""
    number = day.month - 1 + months
    year, month = day.year + number // 12, number % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def aggregate(rows: Iterable[EnergyRow], resolution: str, tz: tzinfo = timezone.utc) -> list[EnergyRow]:
    """Sums of quarter-hour ``rows`` over ``resolution`` in ``tz``, exact to the mWh, by quantity and start.

    ``completeness`` is weighted by time over the whole period, so an hour with one known quarter has at most 0.25.
    """
    grouped: dict[tuple[str, datetime], list[EnergyRow]] = {}
    begin = end = EPOCH
    for row in rows:
        if not begin <= row.start < end:  # rows mostly come in order
            begin, end = period_start(row.start, resolution, tz), period_end(row.start, resolution, tz)
        grouped.setdefault((row.quantity, begin), []).append(row)
    return [
        _sum(quantity, begin, period_end(begin, resolution, tz), parts)
        for (quantity, begin), parts in sorted(grouped.items())
    ]


def _sum(quantity: str, begin: datetime, end: datetime, parts: list[EnergyRow]) -> EnergyRow:
    energy, lower, upper = exact_sums(parts)
    covered = sum(row.completeness for row in parts) * QUARTER / (end - begin)
    method, cause = joined(parts)
    return EnergyRow(quantity, begin, energy, min(1.0, covered), method, lower, upper, cause)
