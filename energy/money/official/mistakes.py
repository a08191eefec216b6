"""Periods as they are often got wrong: which mistake gives the kWh by period that an official bill states."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import holidays

from energy.calendar import MADRID
from energy.money.billing.days import Calendar
from energy.money.exact import MWH_IN_KWH
from energy.money.netting import Net
from energy.money.periods import Periods
from energy.money.tariff import Tariffs

WHOLE_KWH = Fraction(1, 2)
"""Bills may state whole kWh: so near, a period's energy is the same."""
ByPeriod = Mapping[str, Fraction]


def mistake(rules: Tariffs, of: Calendar, windows: Sequence[Net], stated: ByPeriod) -> str | None:
    """The mistake by which the known ``windows`` come to the ``stated`` kWh; None where ours do, or no mistake does."""
    ours = [day.periods for day in of.days]
    if _alike(_by_period(of, ours, windows), stated):
        return None
    for name, periods in _mistaken(rules, of, ours):
        if _alike(_by_period(of, periods, windows), stated):
            return name
    later = [window._replace(start=window.start + timedelta(hours=1)) for window in windows[:-1]]
    return "hours an hour late" if _alike(_by_period(of, ours, later), stated) else None


def _mistaken(rules: Tariffs, of: Calendar, ours: Sequence[Periods]) -> Iterator[tuple[str, list[Periods]]]:
    """Frequent mistakes, and the periods of each day as they would then be."""
    national = holidays.country_holidays("ES", years={day.date.year for day in of.days})
    for day in of.days:
        key = (day.date.month, day.date.day)
        if day.date in national and not day.periods.is_day_off(day.date):
            yield f"{day.date} taken for a day off", [replace(p, days_off=p.days_off | {key}) for p in ours]
        elif key in day.periods.days_off:
            yield f"{day.date} taken for a working day", [replace(p, days_off=p.days_off - {key}) for p in ours]
    if of.contract.territory != "peninsula":
        tariffs = (rules.of(day.contract.access_tariff).periods_on(day.date, "peninsula") for day in of.days)
        of_peninsula = [replace(p, zone=of.zone) for p in tariffs]
        yield "the hours of the peninsula", of_peninsula
    if of.zone is not MADRID:
        yield "the clock of the peninsula", [replace(p, zone=MADRID) for p in ours]


def _by_period(of: Calendar, periods: Sequence[Periods], windows: Sequence[Net]) -> ByPeriod:
    found: dict[str, int] = defaultdict(int)
    for window in windows:
        if window.grid and window.is_known:
            at = (window.start.astimezone(of.zone).date() - of.first).days
            found[periods[min(at, len(periods) - 1)].at(window.start)] += window.grid
    return {name: Fraction(mwh, MWH_IN_KWH) for name, mwh in found.items()}


def _alike(one: ByPeriod, other: ByPeriod) -> bool:
    return all(abs(one.get(name, Fraction(0)) - other.get(name, Fraction(0))) <= WHOLE_KWH for name in {*one, *other})
