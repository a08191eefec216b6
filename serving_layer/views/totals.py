"""Merged quarter-hours summed to hours, days and months of any zone, by the calendar of ``energy``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from energy.calendar import aggregate
from energy.energy_row import METHOD_RANK, METHODS, EnergyRow, exact_sums, joined
from serving_layer.views.merge import BATCH, SPEED, Value

BASE = "15m"


def totals(values: Sequence[Value], resolution: str, zone: ZoneInfo) -> list[Value]:
    """One value for each period of ``resolution`` in ``zone`` that holds any of ``values`` (15 minutes, by start).

    A sum is of the batch view only where all its parts are, and then as new as its newest run: one provisional part
    makes it provisional.
    """
    if resolution == BASE or not values:
        return list(values)
    sums = aggregate(map(_row, values), resolution, zone)
    first_of_next = chain((each.start for each in sums[1:]), (None,))
    summed, at = [], 0
    for total, following in zip(sums, first_of_next, strict=True):
        begun = at
        while at < len(values) and (following is None or values[at].start < following):
            at += 1
        summed.append(_of(total, values[begun:at]))
    return summed


def whole(parts: Sequence[tuple[Value, datetime]], start: datetime, until: datetime) -> Value | None:
    """The sum of ``parts``, each with its end, as one value from ``start`` to ``until``; None where there is none.

    The parts may be of any lengths: the longer one weighs the more in the share of time that is covered.
    """
    if not parts:
        return None
    values = [value for value, _ in parts]
    rows = list(map(_row, values))
    covered = sum(((end - value.start) * (value.completeness or 0.0) for value, end in parts), timedelta())
    completeness = min(1.0, covered / max(until - start, timedelta.resolution))
    energy, lower, upper = exact_sums(rows)
    method, cause = joined(rows)
    return _of(EnergyRow("", start, energy, completeness, method, lower, upper, cause), values)


def _row(value: Value) -> EnergyRow:
    return EnergyRow(
        "",
        value.start,
        value.energy_wh,
        value.completeness or 0.0,
        value.method if value.method in METHOD_RANK else METHODS[-1],
        value.lower_wh,
        value.upper_wh,
        value.cause,
    )


def _of(total: EnergyRow, parts: Sequence[Value]) -> Value:
    is_batch = all(part.view == BATCH for part in parts)
    return Value(
        total.start,
        total.energy_wh,
        BATCH if is_batch else SPEED,
        max(part.run_id for part in parts) if is_batch else "",
        *total[3:],
    )
