"""Each layer's own energy of an installation, before anything is merged: speed, batch, and what others state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from typing import Any

from energy.community import community_energy
from energy.energy_row import METHODS, EnergyRow
from energy.records import QUANTITIES
from energy.statements import resolution
from energy.statements.intervals import FIELDS, interval_energy
from energy.topics import LONGEST_INTERVAL
from serving_layer.reader import Reader
from serving_layer.views.parts import Parts
from store.instants import months, utc
from store.runs import Published

_VALUES = "energy_wh, completeness, method, lower_wh, upper_wh, cause"
_PERIODS = "WHERE installation_id = ? AND month = ? AND quantity IN ? AND start >= ? AND start < ?"
_SPEED = f"SELECT quantity, start, {_VALUES} FROM energy_speed {_PERIODS}"  # noqa: S608 - constant names
_BATCH = f"SELECT quantity, start, run_id, {_VALUES} FROM energy_batch {_PERIODS}"  # noqa: S608 - constant names
_OFFICIAL = (
    f"SELECT meter_id, start, end, source, known_at, method, {', '.join(FIELDS)} FROM official "  # noqa: S608
    "WHERE installation_id = ? AND month = ? AND start >= ? AND start < ?"
)


def speed(reader: Reader, installation_id: str, start: datetime, end: datetime) -> list[EnergyRow]:
    """Quarter-hours of the speed view that begin in [start, end), UTC."""
    return [_row(row) for row in _rows(reader, _SPEED, installation_id, start, end)]


def batch(reader: Reader, installation_id: str, start: datetime, end: datetime, visible: Published) -> list[EnergyRow]:
    """The same of the batch view, as the newest of the ``visible`` runs state them; withdrawn ones are absent."""
    newest: dict[tuple[str, datetime], Any] = {}
    for row in _rows(reader, _BATCH, installation_id, start, end):
        known = newest.get((row.quantity, row.start))
        if row.run_id in visible.run_ids and (known is None or row.run_id > known.run_id):
            newest[row.quantity, row.start] = row
    return [_row(row) for row in newest.values() if row.energy_wh is not None]


def official(reader: Reader, parts: Parts, known_by: datetime | None = None) -> list[EnergyRow]:
    """Energy that others have totalled of the ``parts`` together: of each time what was known last.

    ``known_by`` (UTC) answers what was known then. As of the archive's last night.
    """
    of_part = {
        name: [
            row
            for start, end in spans
            for row in interval_energy(statements(reader, name, start, end, known_by), start, end)
        ]
        for name, spans in parts.items()
    }
    return next(iter(of_part.values())) if len(parts) == 1 else community_energy(of_part, parts)


def months_in_whole_kwh(reader: Reader, parts: Parts, known_by: datetime | None = None) -> dict[str, frozenset[date]]:
    """Months (UTC) by quantity of one supply whose hours are stated in whole kWh; none of several together.

    A month is seen whole, however little of it is asked for.
    """
    if len(parts) != 1:
        return {}
    ((name, spans),) = parts.items()
    wanted = sorted({month for start, end in spans for month in months(start, end)})
    begins = [datetime(month.year, month.month, 1, tzinfo=timezone.utc) for month in wanted]
    keys = [(name, month, at, at + timedelta(days=31)) for month, at in zip(wanted, begins, strict=True)]
    found = [_present(row._asdict()) for rows in reader.each(_OFFICIAL, keys) for row in rows]
    return resolution.months_in_whole_kwh(each for each in found if known_by is None or each["known_at"] <= known_by)


def statements(
    reader: Reader, installation_id: str, start: datetime, end: datetime, known_by: datetime | None = None
) -> list[dict[str, Any]]:
    """Every statement of others that reaches into [start, end), UTC, and what overlaps it, directly or by others.

    Each belief has the time it was known.
    """
    found = _beginning(reader, installation_id, start - LONGEST_INTERVAL, end, known_by)
    while True:
        reaching = [each for each in found if each["start"] < end and each["end"] > start]
        first = min([start, *(each["start"] for each in reaching)])
        last = max([end, *(each["end"] for each in reaching)])
        if (first, last) == (start, end):
            return reaching
        longest = LONGEST_INTERVAL
        found += _beginning(reader, installation_id, first - longest, start - longest, known_by)
        found += _beginning(reader, installation_id, end, last, known_by)
        start, end = first, last


def _beginning(
    reader: Reader, installation_id: str, start: datetime, end: datetime, known_by: datetime | None
) -> list[dict[str, Any]]:
    """Statements that begin in [start, end), UTC, and were known by then."""
    if start == end:
        return []
    keys = [(installation_id, month, start, end) for month in months(start, end)]
    found = [_present(row._asdict()) for rows in reader.each(_OFFICIAL, keys) for row in rows]
    return [each for each in found if known_by is None or each["known_at"] <= known_by]


def by_quantity(rows: Iterable[EnergyRow]) -> dict[str, list[EnergyRow]]:
    """The rows of each quantity."""
    found: dict[str, list[EnergyRow]] = defaultdict(list)
    for row in rows:
        found[row.quantity].append(row)
    return found


def _rows(reader: Reader, cql: str, installation_id: str, start: datetime, end: datetime) -> list[Any]:
    keys = [(installation_id, month, list(QUANTITIES), start, end) for month in months(start, end)]
    return [row for rows in reader.each(cql, keys) for row in rows]


def _row(row: Any) -> EnergyRow:
    return EnergyRow(
        row.quantity,
        utc(row.start),
        row.energy_wh,
        1.0 if row.completeness is None else row.completeness,
        row.method or METHODS[0],
        row.lower_wh,
        row.upper_wh,
        row.cause or "",
    )


def _present(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: utc(value) if isinstance(value, datetime) else value for name, value in row.items() if value is not None
    }
