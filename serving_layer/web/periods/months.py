"""Local months of an installation's energy by day, kept where no more can come to them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta
from functools import partial
from threading import Lock
from typing import NamedTuple
from zoneinfo import ZoneInfo

from energy.calendar import periods
from energy.energy_row import QUARTER
from energy.records import Quantity
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import merged
from serving_layer.views.merge import Value
from serving_layer.views.totals import totals
from store.runs import Published

SETTLED = timedelta(days=41)
"""The speed view keeps 40 days: what ended so long before the cut changes by another night alone."""
MONTHS_KEPT = 3_000
SHORT = timedelta(hours=30)
"""No period but a day is shorter."""


class Asked(NamedTuple):
    """The energy asked for: whose, in which zone's days, as which runs state it, at which instant (UTC)."""

    installation_id: str
    zone: ZoneInfo
    seen: Published
    now: datetime


class Month(NamedTuple):
    """One quantity's values of a local month, by day, and its greatest quarter-hour."""

    days: tuple[Value, ...]
    peak: Value | None


class Memory:
    """Answers that no longer change, the least used forgotten first."""

    def __init__(self) -> None:
        self._months: OrderedDict[Hashable, Month] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, load: Callable[[], Month]) -> Month:
        """The month of ``key``, loaded where it is not held."""
        with self._lock:
            found = self._months.get(key)
            if found is not None:
                self._months.move_to_end(key)
                return found
        loaded = load()
        with self._lock:
            self._months[key] = loaded
            while len(self._months) > MONTHS_KEPT:
                self._months.popitem(last=False)
        return loaded


def months(reader: Reader, asked: Asked, quantity: Quantity, span: Span) -> list[Month]:
    """The local months that ``span`` touches and that have begun, by day; of a single day, its quarter-hours."""
    if span.end - span.start < SHORT:
        values = merged.read(reader, asked.installation_id, quantity, span, asked.seen)
        return [Month(tuple(values), _peak(values, asked.now))]
    found, cut = [], asked.seen.cut
    for start, end in periods(span.start, min(span.end, asked.now), "month", asked.zone):
        within = Span(max(start, span.start), min(end, span.end))
        if cut is None or within != (start, end) or end > cut - SETTLED:
            found.append(_month(reader, asked, quantity, within))
            continue
        memory = reader.kept("settled months", float("inf"), Memory)
        key = asked.installation_id, quantity, start, asked.zone.key, asked.seen.runs[0].run_id
        found.append(memory.get(key, partial(_month, reader, asked, quantity, within)))
    return found


def _month(reader: Reader, asked: Asked, quantity: Quantity, span: Span) -> Month:
    values = merged.read(reader, asked.installation_id, quantity, span, asked.seen)
    return Month(tuple(totals(values, "day", asked.zone)), _peak(values, asked.now))


def _peak(values: Sequence[Value], now: datetime) -> Value | None:
    ended = (value for value in values if value.start + QUARTER <= now)
    return max(ended, key=lambda value: value.energy_wh, default=None)
