"""Local day labels to UTC and back: start labels, end labels, numbered periods, naive device clocks.

A label is a wall clock's text without a zone. On the day clocks go back the labels of one hour come twice, on the day
they go forward those of one hour do not come; the order of rows tells which is which.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta, timezone, tzinfo

from energy.calendar import day_start, local_day

_DAY = timedelta(days=1)


class CalendarError(ValueError):
    """Labels or period numbers that a local day does not have; the text names the day and the label."""


def period_count(day: date, tz: tzinfo, length: timedelta) -> int:
    """How many periods of ``length`` the local ``day`` has: 23, 24 or 25 hours, 92, 96 or 100 quarter-hours."""
    begin, end = local_day(day, tz)
    return (end - begin) // length


def numbered_start(day: date, number: int, tz: tzinfo, length: timedelta) -> datetime:
    """Start (UTC) of period ``number``, counted from 1. Raises :class:`CalendarError`."""
    if not 1 <= number <= period_count(day, tz, length):
        count = period_count(day, tz, length)
        raise CalendarError(f"{day} in {tz} has {count} periods of {length}, there is no number {number}")
    return day_start(day, tz) + (number - 1) * length


def period_number(start: datetime, tz: tzinfo, length: timedelta) -> tuple[date, int]:
    """Local day and number (from 1) of the period that begins at ``start`` (UTC)."""
    day = start.astimezone(tz).date()
    return day, (start - day_start(day, tz)) // length + 1


def start_labels(day: date, tz: tzinfo, length: timedelta) -> list[str]:
    """Labels ``HH:MM`` of the beginnings of the local day's periods, in order."""
    return [_label(begin, tz) for begin in _starts(day, tz, length)]


def end_labels(day: date, tz: tzinfo, length: timedelta) -> list[str]:
    """Labels ``HH:MM`` of the ends of the local day's periods, the last ``24:00``: a period's last minute and one."""
    return [_after(_label(begin, tz), length) for begin in _starts(day, tz, length)]


def from_start_labels(day: date, labels: Sequence[str], tz: tzinfo, length: timedelta) -> list[datetime]:
    """Starts (UTC) of a day's rows labelled by their beginning, in the order of the rows.

    Rows may be missing. Where clocks go back the second coming of a label is the later hour. Raises
    :class:`CalendarError` for a label the day does not have.
    """
    return _placed(day, [_minutes(label, day) for label in labels], labels, tz)


def from_end_labels(day: date, labels: Sequence[str], tz: tzinfo, length: timedelta) -> list[datetime]:
    """Starts (UTC) of a day's rows labelled by their end (``01:00`` to ``24:00``), in the order of the rows.

    Sources label the days of the clock change in several ways, ``25:00``, a repeated ``03:00`` or ``02:00``, with or
    without the hour that is skipped; a day with all its rows is therefore read by their order. An extra ``00:00`` is
    the end of the day before, a last ``00:00`` instead of ``24:00`` the end of this one, and a day from ``00:00`` to
    ``23:00`` is labelled by beginnings after all. Raises :class:`CalendarError`.
    """
    minutes = [_minutes(label, day) for label in labels]
    step = length // timedelta(minutes=1)
    if minutes and 1440 not in minutes:
        if minutes[0] == 0:
            return from_start_labels(day, labels, tz, length)
        if minutes[-1] == 0:
            minutes[-1] = 1440
    before = [n for n, minute in enumerate(minutes) if minute == 0]
    rows = [n for n in range(len(minutes)) if n not in before]
    found: dict[int, datetime] = {n: day_start(day, tz) - length for n in before}
    if len(rows) == period_count(day, tz, length) and sorted(minutes[n] for n in rows) == [minutes[n] for n in rows]:
        found |= dict(zip(rows, _starts(day, tz, length), strict=True))
    else:
        begins = [minutes[n] - step for n in rows]
        found |= dict(zip(rows, _placed(day, begins, [labels[n] for n in rows], tz), strict=True))
    return [found[n] for n in range(len(minutes))]


def from_device_clock(times: Iterable[datetime], tz: tzinfo) -> list[datetime]:
    """UTC instants of a device's naive local ``times``, given in the order they were taken.

    In the hour that comes twice, a time that does not go on (or has ``fold``) is of the second coming. A time in the
    hour that is skipped is of a clock that has not been put forward yet. For a device that keeps winter time all year
    give a fixed offset.
    """
    instants: list[datetime] = []
    for naive in times:
        first, second = (naive.replace(tzinfo=tz, fold=fold).astimezone(timezone.utc) for fold in (0, 1))
        ambiguous = second > first
        back = bool(naive.fold) or (bool(instants) and first <= instants[-1])
        instants.append(second if ambiguous and back else first)
    return instants


def to_device_clock(instants: Iterable[datetime], tz: tzinfo) -> list[datetime]:
    """Naive local times of ``instants``, ``fold`` telling the two comings of an hour apart."""
    return [instant.astimezone(tz).replace(tzinfo=None) for instant in instants]


def _starts(day: date, tz: tzinfo, length: timedelta) -> list[datetime]:
    begin = day_start(day, tz)
    return [begin + n * length for n in range(period_count(day, tz, length))]


def _label(instant: datetime, tz: tzinfo) -> str:
    return instant.astimezone(tz).strftime("%H:%M")


def _after(label: str, length: timedelta) -> str:
    hour, minute = map(int, label.split(":"))
    total = hour * 60 + minute + length // timedelta(minutes=1)
    return f"{total // 60:02d}:{total % 60:02d}"


def _minutes(label: str, day: date) -> int:
    hour, _, minute = label.strip().partition(":")
    if not (hour.isdigit() and minute[:2].isdigit() and int(hour) <= 25 and int(minute[:2]) < 60):
        raise CalendarError(f"{label!r} on {day} is no time of the form HH:MM")
    return int(hour) * 60 + int(minute[:2])


def _placed(day: date, minutes: Sequence[int], labels: Sequence[str], tz: tzinfo) -> list[datetime]:
    """The instants of wall-clock minutes of ``day``, the second coming of a minute the later one."""
    seen: set[int] = set()
    found = []
    for minute, label in zip(minutes, labels, strict=True):
        if not 0 <= minute < 1440:
            raise CalendarError(f"{label!r} does not occur on {day} in {tz} beside the other rows of the day")
        wall = datetime.combine(day, time(minute // 60, minute % 60))
        first, second = (wall.replace(tzinfo=tz, fold=fold).astimezone(timezone.utc) for fold in (0, 1))
        if second < first:
            raise CalendarError(f"{label!r} does not occur on {day} in {tz}: the clocks go forward over it")
        if minute in seen and second == first:
            raise CalendarError(f"{label!r} comes twice on {day} in {tz}")
        found.append(second if minute in seen else first)
        seen.add(minute)
    return found
