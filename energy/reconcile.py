"""Two views of the same energy side by side, and each difference split into causes that sum to it exactly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Any, NamedTuple

from energy.balance import installation_energy
from energy.energy_row import MWH, QUARTER, EnergyRow, to_mwh
from energy.limits import Limits
from energy.statements.resolution import month_of

CAUSES = ("late", "duplicate", "quarantine", "reset", "gap", "estimate", "clock", "resolution", "meter")
"""Causes why two views differ.

late: readings that one view did not have yet; duplicate: conflicting repeats that changed a value; quarantine: readings
refused by one view and taken by the other; reset: a register's fault; gap: one view has a period, or a part of it,
that the other lacks; estimate: one of them is not measured; clock: energy that one view has in the neighbouring period;
resolution: what hours that are stated in whole kWh leave out or add, at most half a kWh an hour;
meter: what is left, two instruments that measure differently.
"""
_FAULTS = frozenset({"reset", "replaced", "jump", "stuck", "wrap", "momentary"})


HALF_KWH = 500 * MWH
_LEFT = ("estimate", "meter")
"""Causes found from nothing but the rows: whole kWh explain it sooner."""


class Difference(NamedTuple):
    """``after`` minus ``before`` in one period (mWh), in parts by cause that sum to it."""

    start: datetime
    before: int | None
    after: int | None
    parts: dict[str, int]

    @property
    def mwh(self) -> int:
        """The difference; a view without the period counts 0."""
        return (self.after or 0) - (self.before or 0)


def explain(
    before: Iterable[EnergyRow],
    after: Iterable[EnergyRow],
    known: Mapping[str, Mapping[datetime, int]],
    replaced: Collection[datetime] = (),
    whole_kwh: Collection[date] = (),
) -> list[Difference]:
    """Every period of one quantity in which two views differ, or only one has a value.

    ``known`` holds what is known to have been added between the views: cause (``late``, ``quarantine``, ``duplicate``),
    then mWh by period; see :func:`added_by`. It is a part where it brings the views nearer to each other. What is left
    is ``duplicate`` in the periods ``replaced``, whose readings may have replaced others of the same instant; else it
    is told from the rows themselves, and from the months (UTC) in which ``after`` states hours in ``whole_kwh``.
    """
    first, second = {row.start: row for row in before}, {row.start: row for row in after}
    found = []
    for start in sorted({*first, *second}):
        a, b = first.get(start), second.get(start)
        was, now = a and to_mwh(a.energy_wh), b and to_mwh(b.energy_wh)
        rest = (now or 0) - (was or 0)
        parts: dict[str, int] = {}
        for cause in CAUSES:
            part = known.get(cause, {}).get(start, 0)
            if abs(rest - part) < abs(rest):
                parts[cause] = part
                rest -= part
        if rest:
            cause = "duplicate" if start in replaced and a and b else _cause_of_difference(a, b)
            parts[cause] = parts.get(cause, 0) + rest
        if parts or a is None or b is None:
            found.append(Difference(start, was, now, {cause: mwh for cause, mwh in parts.items() if mwh}))
    _move_to_neighbours(found)
    _take_resolution(each for each in found if month_of(each.start) in whole_kwh)
    return found


def summed(differences: Iterable[Difference]) -> dict[str, int]:
    """Parts of all ``differences`` by cause (mWh), in the order of CAUSES."""
    totals = dict.fromkeys(CAUSES, 0)
    for difference in differences:
        for cause, mwh in difference.parts.items():
            totals[cause] += mwh
    return {cause: mwh for cause, mwh in totals.items() if mwh}


def added_by(
    base: Iterable[Mapping[str, Any]],
    more: Iterable[Mapping[str, Any]],
    start: datetime,
    end: datetime,
    limits: Limits,
) -> dict[str, dict[datetime, int]]:
    """Energy that the readings ``more`` (late ones, say) add to that of ``base``: mWh by quantity and period.

    Periods whose energy they leave as it is are named with 0 where they make their row another.
    """
    held = list(base)
    without, with_more = (
        {(row.quantity, row.start): row for row in installation_energy(readings, start, end, limits)}
        for readings in (held, [*held, *more])
    )
    change: dict[str, dict[datetime, int]] = {}
    for key in sorted({*without, *with_more}):
        before, after = without.get(key), with_more.get(key)
        if before != after:
            mwh = (to_mwh(after.energy_wh) if after else 0) - (to_mwh(before.energy_wh) if before else 0)
            change.setdefault(key[0], {})[key[1]] = mwh
    return change


def _cause_of_difference(a: EnergyRow | None, b: EnergyRow | None) -> str:
    if a is None or b is None:
        return "gap"
    if _FAULTS & {cause for row in (a, b) for cause in row.cause.split(",")}:
        return "reset"
    if min(a.completeness, b.completeness) < 1 or "gap" in (*a.cause.split(","), *b.cause.split(",")):
        return "gap"
    return "estimate" if {a.method, b.method} & {"estimated", "spread", "integrated"} else "meter"


def _move_to_neighbours(differences: list[Difference]) -> None:
    """Name ``clock`` what is left over in one period and lacking in the next: a clock that was off moves energy."""
    for one, other in pairwise(differences):
        left, right = one.parts.get("meter", 0), other.parts.get("meter", 0)
        if other.start - one.start != QUARTER or left * right >= 0:
            continue
        moved = min(abs(left), abs(right))
        for difference, sign in ((one, 1 if left > 0 else -1), (other, 1 if right > 0 else -1)):
            difference.parts["clock"] = difference.parts.get("clock", 0) + sign * moved
            difference.parts["meter"] -= sign * moved
            for cause in ("clock", "meter"):
                if not difference.parts[cause]:
                    del difference.parts[cause]


def _take_resolution(differences: Iterable[Difference]) -> None:
    """Name ``resolution`` what is left of an hour, at most half a kWh, in equal parts of its quarter-hours."""
    hours: dict[datetime, list[Difference]] = defaultdict(list)
    for each in differences:
        hours[each.start.replace(minute=0)].append(each)
    for hour in hours.values():
        left = [each for each in hour if any(cause in each.parts for cause in _LEFT)]
        if any({"gap", "reset"} & each.parts.keys() for each in hour):
            continue  # half an hour's curve says nothing of how the whole was rounded
        rest = sum(each.parts.get(cause, 0) for each in left for cause in _LEFT)
        part = max(-HALF_KWH, min(rest, HALF_KWH))
        for number, each in enumerate(left):
            share = part * (number + 1) // len(left) - part * number // len(left)
            cause = next(cause for cause in _LEFT if cause in each.parts)
            each.parts[cause] -= share
            each.parts["resolution"] = share
            for name in (cause, "resolution"):
                if not each.parts[name]:
                    del each.parts[name]
