"""Speed, batch and official totals of a site side by side, and each difference split into causes that sum to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from energy.energy_row import MWH, EnergyRow, to_mwh
from energy.reconcile import CAUSES, Difference, explain, summed
from energy.records import QUANTITIES
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import catalogue, late, unmerged
from serving_layer.views.parts import parts
from store.runs import Published

VIEWS = ("speed", "batch", "official")
COMPARED = (("speed", "batch"), ("batch", "official"))
LONGEST = timedelta(days=400)
LONGEST_OF_COMMUNITY = timedelta(days=35)
"""A member costs as much as a home does: a month of twenty homes takes a few seconds."""
Rows = Mapping[str, list[EnergyRow]]


class Compared(NamedTuple):
    """One view beside another: ``second`` minus ``first`` (mWh) in parts by cause that sum to it."""

    first: str
    second: str
    mwh: int
    parts: dict[str, int]


class Line(NamedTuple):
    """One quantity of one local day, or of the whole range (``day`` None). A view without a value has None."""

    day: date | None
    quantity: str
    mwh: dict[str, int | None]
    compared: list[Compared]


def reconcile(reader: Reader, installation_id: str, span: Span, zone: ZoneInfo, seen: Published) -> list[Line]:
    """The quarter-hours that begin in ``span`` by local day of ``zone``; then a line a quantity over all.

    With ``seen.as_of`` what was published, and known, then. A community is the sum of its members while they belonged.
    Raises :class:`serving_layer.views.catalogue.UnknownInstallation`.
    """
    chosen = catalogue.installation(reader, installation_id)
    of = parts(chosen, catalogue.installations(reader), span)
    # The speed view publishes nothing, so it has no part in what was published then.
    speed = [] if seen.as_of else unmerged.speed(reader, installation_id, *span)
    official = unmerged.official(reader, of, seen.as_of)
    views = {
        "speed": unmerged.by_quantity(speed),
        "batch": unmerged.by_quantity(unmerged.batch(reader, installation_id, *span, seen)),
        "official": unmerged.by_quantity(official),
    }
    later = late.later(reader, of, views["speed"], views["batch"], seen)
    whole_kwh = unmerged.months_in_whole_kwh(reader, of, seen.as_of)
    lines = [
        line
        for quantity in QUANTITIES
        for line in lines_of(
            quantity,
            {view: rows.get(quantity, []) for view, rows in views.items()},
            later,
            zone,
            whole_kwh.get(quantity, ()),
        )
    ]
    return sorted(lines, key=lambda line: (line.day is None, line.day or date.max, QUANTITIES.index(line.quantity)))


def flat(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """A row for each line and comparison, in Wh: the views' totals, which two are compared, and every cause."""
    rows = []
    for line in lines:
        totals = {f"{view}_wh": _wh(line.mwh[view]) for view in VIEWS}
        for each in line.compared:
            parts = {f"{cause}_wh": each.parts.get(cause, 0) / MWH for cause in CAUSES}
            compared = {"compared": f"{each.second}-{each.first}", "difference_wh": each.mwh / MWH}
            day = line.day.isoformat() if line.day else "total"
            rows.append({"day": day, "quantity": line.quantity, **totals, **compared, **parts})
    return rows


COLUMNS = (
    "day",
    "quantity",
    *(f"{view}_wh" for view in VIEWS),
    "compared",
    "difference_wh",
    *(f"{cause}_wh" for cause in CAUSES),
)
"""Columns of :func:`flat`."""


def lines_of(
    quantity: str, views: Rows, later: late.Later, zone: ZoneInfo, whole_kwh: Collection[date] = ()
) -> Iterable[Line]:
    """Lines of one quantity from the rows of each view; days first, then all together.

    ``whole_kwh``: months (UTC) whose hours are officially stated in whole kWh.
    """
    known: dict[tuple[str, str], late.Known] = {
        # The batch view lacks what came after its archive, and has what was registered in time for it.
        ("speed", "batch"): {
            "late": {at: -mwh for at, mwh in later.after_archive.get(quantity, {}).items()},
            "quarantine": later.refused.get(quantity, {}),
        },
        # Others count on their own: what the batch view lacks, they may have.
        ("batch", "official"): {
            "late": later.after_archive.get(quantity, {}),
            "quarantine": later.refused.get(quantity, {}),
        },
    }
    found: dict[tuple[str, str], list[Difference]] = {}
    for first, second in COMPARED if views["official"] else COMPARED[:1]:
        replaced = frozenset(later.after_archive.get(quantity, ()) if second == "batch" else ())
        rounded = whole_kwh if second == "official" else ()
        found[first, second] = explain(views[first], views[second], known[first, second], replaced, rounded)
    by_day: dict[str, dict[date, int]] = {view: _by_day(rows, zone) for view, rows in views.items()}
    differing = {pair: _of_days(differences, zone) for pair, differences in found.items()}
    for day in sorted({day for totals in by_day.values() for day in totals}):
        mwh = {view: totals.get(day) for view, totals in by_day.items()}
        yield Line(day, quantity, mwh, _compared(mwh, {pair: days.get(day, []) for pair, days in differing.items()}))
    mwh = {view: sum(totals.values()) if totals else None for view, totals in by_day.items()}
    if any(total is not None for total in mwh.values()):
        yield Line(None, quantity, mwh, _compared(mwh, found))


def _compared(mwh: Mapping[str, int | None], found: Mapping[tuple[str, str], Sequence[Difference]]) -> list[Compared]:
    """Each comparison in which one of the two views has a value; nothing is compared with what nobody stated."""
    return [
        Compared(first, second, (mwh[second] or 0) - (mwh[first] or 0), summed(differences))
        for (first, second), differences in found.items()
        if mwh[first] is not None or mwh[second] is not None
    ]


def _by_day(rows: Iterable[EnergyRow], zone: ZoneInfo) -> dict[date, int]:
    totals: dict[date, int] = defaultdict(int)
    for row in rows:
        totals[_day_of(row.start, zone)] += to_mwh(row.energy_wh)
    return dict(totals)


def _of_days(differences: Iterable[Difference], zone: ZoneInfo) -> dict[date, list[Difference]]:
    days: dict[date, list[Difference]] = defaultdict(list)
    for difference in differences:
        days[_day_of(difference.start, zone)].append(difference)
    return days


def _day_of(start: datetime, zone: ZoneInfo) -> date:
    return start.astimezone(zone).date()


def _wh(mwh: int | None) -> float | None:
    return None if mwh is None else mwh / MWH
