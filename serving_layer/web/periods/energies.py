"""Energy of a period and of the one before it: totals, their parts, the greatest power, and the shares of own sun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import chain, groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from energy.calendar import period_end, period_start
from energy.energy_row import QUARTER
from energy.records import QUANTITIES, Quantity
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import merged
from serving_layer.views.merge import Value
from serving_layer.views.totals import BASE, whole
from serving_layer.web.periods.months import Asked, months
from serving_layer.web.periods.period import PARTS, Period

STORED = timedelta(milliseconds=1)
"""Cassandra keeps no finer time."""


class Energies(NamedTuple):
    """One quantity of a period. ``parts`` are its values, ``before`` those of the period before, whole."""

    parts: Sequence[Value]
    before: Sequence[Value]
    total_wh: float | None
    comparable_wh: float | None
    """Energies of as much of the period before as has passed of this one."""
    peak: Value | None
    """The greatest quarter-hour that has ended."""

    @property
    def change(self) -> float | None:
        """The total against the period before, as a share of that; None where there is nothing to compare with."""
        if self.total_wh is None or not self.comparable_wh:
            return None
        return self.total_wh / self.comparable_wh - 1


def take(
    reader: Reader, asked: Asked, period: Period, quantities: Sequence[Quantity] = QUANTITIES
) -> dict[Quantity, Energies]:
    """Every one of ``quantities`` of which the period or the one before it knows a value."""
    found = {quantity: _energies(reader, asked, quantity, period) for quantity in quantities}
    return {quantity: each for quantity, each in found.items() if each.parts or each.before}


def shares(found: Mapping[Quantity, Energies]) -> tuple[float | None, float | None]:
    """Self-consumption and self-sufficiency, 0 to 1: own sun that was used here, and use that the grid did not give."""
    made, given = (found[q].total_wh if q in found else None for q in ("generation", "export"))
    used, taken = (found[q].total_wh if q in found else None for q in ("consumption", "import"))
    return _share(made, given), _share(used, taken)


def _share(whole: float | None, lost: float | None) -> float | None:
    return None if not whole or lost is None or whole < 0 else min(1.0, max(0.0, 1 - lost / whole))


def wh(values: Sequence[Value]) -> float | None:
    """The sum in Wh, exact to the mWh; None where there is none: nothing known is not zero."""
    return sum(round(value.energy_wh * 1000) for value in values) / 1000 if values else None


def _energies(reader: Reader, asked: Asked, quantity: Quantity, period: Period) -> Energies:
    zone, resolution = asked.zone, PARTS[period.kind]
    now, before = (months(reader, asked, quantity, each.span(zone)) for each in (period, period.before))
    parts, earlier = (list(chain.from_iterable(month.days for month in of)) for of in (now, before))
    span = period.comparable(asked.now, zone)
    if resolution == BASE:
        comparable = wh([value for value in earlier if value.start + QUARTER <= span.end])
    elif span == period.before.span(zone):
        comparable = wh(earlier)
    else:
        comparable = _until(reader, asked, quantity, (earlier, span))
    if resolution == "month":
        parts, earlier = _by_month(parts, zone), _by_month(earlier, zone)
    peaks = [month.peak for month in now if month.peak is not None]
    return Energies(parts, earlier, wh(parts), comparable, max(peaks, key=lambda each: each.energy_wh, default=None))


def _until(reader: Reader, asked: Asked, quantity: Quantity, of: tuple[Sequence[Value], Span]) -> float | None:
    """The energy of the quarter-hours that have ended with a span: its whole days are known, its last one is read."""
    known, span = of
    day, last = period_start(span.end, "day", asked.zone), span.end - QUARTER + STORED
    rest = merged.read(reader, asked.installation_id, quantity, Span(day, last), asked.seen) if day < last else []
    return wh([*(value for value in known if value.start < day), *rest])


def _by_month(days: Sequence[Value], zone: ZoneInfo) -> list[Value]:
    """Sums of ``days``; each day's completeness weighs as much as the day is long."""
    parts = ((day, period_end(day.start, "day", zone)) for day in days)
    by_month = groupby(parts, key=lambda part: period_start(part[0].start, "month", zone))
    return list(filter(None, (whole(list(of), month, period_end(month, "month", zone)) for month, of in by_month)))
