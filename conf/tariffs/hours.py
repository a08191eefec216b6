"""Periods of the access tariffs, out of ``periods.toml``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from conf.tariffs.rows import Row, TariffError, ordered, rows
from energy.money.dated import Dated, Rule
from energy.money.periods import TERRITORIES, Periods

DaysOff = frozenset[tuple[int, int]]


class _Of(NamedTuple):
    """The place and the tariff whose hours a row states."""

    tariff: str
    territory: str
    off: str
    since: date
    until: date | None
    source: str


def periods(path: Path) -> Mapping[str, Mapping[str, Dated[Periods]]]:
    """The periods by access tariff and territory. Raises :class:`TariffError`."""
    days_off = [row.rule(_days_off(row)) for row in rows(path, "days_off")]
    found: dict[str, dict[str, list[Rule[Periods]]]] = defaultdict(lambda: defaultdict(list))
    for of, months in _months(path).items():
        if sorted(months) != list(range(1, 13)):
            raise TariffError(f"{path.name}: {of.tariff} in {of.territory} from {of.since} lacks a month's hours.")
        hours = Rule(of.since, of.until, tuple(months[month] for month in range(1, 13)), of.source)
        found[of.tariff][of.territory] += _with_days_off(of, hours, days_off)
    return {
        tariff: {place: ordered(f"{tariff} periods, {place}", of_place) for place, of_place in places.items()}
        for tariff, places in found.items()
    }


def _months(path: Path) -> dict[_Of, dict[int, tuple[str, ...]]]:
    """The hours of each month."""
    found: dict[_Of, dict[int, tuple[str, ...]]] = defaultdict(dict)
    for row in rows(path, "hours"):
        tariffs, territories, months = (row.take(name, list) for name in ("tariffs", "territories", "months"))
        off, hours = row.take("off", str), _hours(row)
        for of in (_Of(t, place, off, row.since, row.until, row.source) for t in tariffs for place in territories):
            if of.territory not in TERRITORIES or found[of].keys() & set(months):
                raise row.refused(f"{of.territory} is not known, or has hours in one of these months already")
            found[of] |= dict.fromkeys(months, hours)
    return found


def _hours(row: Row) -> tuple[str, ...]:
    """The period of each of 24 hours, from fields such as ``P1 = "10-14 18-22"``."""
    hours: dict[int, str] = {}
    for period, text in row.rest().items():
        for span in str(text).split():
            first, _, end = span.partition("-")
            if not (first.isdigit() and end.isdigit() and int(first) < int(end) <= 24):
                raise row.refused(f"{span!r} of {period} are no hours; write 10-14")
            for hour in range(int(first), int(end)):
                if hour in hours:
                    raise row.refused(f"hour {hour} is of {hours[hour]} and of {period}")
                hours[hour] = period
    if len(hours) != 24:
        raise row.refused("an hour of the day has no period")
    return tuple(hours[hour] for hour in range(24))


def _days_off(row: Row) -> DaysOff:
    days = [date.fromisoformat(f"2024-{day}") for day in row.take("days", list)]
    return frozenset((day.month, day.day) for day in days)


def _with_days_off(
    of: _Of, hours: Rule[tuple[tuple[str, ...], ...]], days_off: list[Rule[DaysOff]]
) -> Iterator[Rule[Periods]]:
    """The hours while each list of days off holds."""
    for off in days_off:
        since = max(hours.since, off.since)
        until = min((end for end in (hours.until, off.until) if end is not None), default=None)
        if until is None or since < until:
            yield Rule(since, until, Periods(TERRITORIES[of.territory], hours.value, of.off, off.value), hours.source)
