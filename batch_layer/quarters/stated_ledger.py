"""The gap ledger of what others have totalled: of each meter and quantity the holes between its statements.

A meter of others' statements is expected from its first statement to its last: what lies between is a hole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta, timezone
from itertools import groupby
from operator import itemgetter
from typing import Any

from batch_layer.quarters.gap_ledger import Entry
from energy.calendar import period_start, quarter_hours
from energy.energy_row import EnergyRow
from energy.gaps import LATE, gap_ledger, stretches
from energy.statements.beliefs import SCALED
from energy.statements.intervals import stated_energy

_DAY = timedelta(days=1)


def stated_ledger(
    wanted: Iterable[Mapping[str, Any]], intervals: Iterable[Mapping[str, Any]], written: datetime
) -> Iterator[Entry]:
    """Every stretch of the ``wanted`` days (rows of the artifact ``expected``) of the meters of one installation.

    ``intervals`` are theirs, with all that overlap; ``written`` (UTC) is when the night speaks. What a statement of any
    length measures is present; it comes days later, which nobody calls late.
    """
    stated: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for interval in intervals:
        stated[interval["meter_id"]].append(interval)
    ordered = sorted(wanted, key=itemgetter("device_id", "quantities", "event_day"))
    for meter, of_meter in groupby(ordered, itemgetter("device_id")):
        days = [(each["quantities"][0], *_stated_span(each)) for each in of_meter]
        rows = stated_energy(stated[meter], min(start for _, start, _ in days), max(end for *_, end in days))
        of_day: dict[tuple[str, date], list[EnergyRow]] = defaultdict(list)
        for row in rows:
            of_day[row.quantity, row.start.date()].append(_as_stated(row))
        for quantity, start, end in days:
            entries = gap_ledger(
                quarter_hours(start, end), of_day[quantity, start.date()], {}, max(written, end + LATE)
            )
            yield from (Entry(start.date(), meter, quantity, stretch) for stretch in stretches(entries))


def _stated_span(wanted: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """The quarter-hours of a meter's day between its first statement and its last."""
    midnight = datetime.combine(wanted["event_day"], time(), timezone.utc)
    return max(midnight, period_start(wanted["stated_from"])), min(midnight + _DAY, wanted["stated_until"])


def _as_stated(row: EnergyRow) -> EnergyRow:
    return row._replace(method="official") if row.method == "spread" and SCALED not in row.cause else row
