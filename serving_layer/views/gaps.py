"""The gap ledger as the nights have written it: what became of each expected quarter-hour of a device or meter."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from energy.gaps import Stretch, as_it_stands
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views.parts import Parts
from store.instants import months, utc
from store.runs import Published, newest_of_days

_GAPS = (
    "SELECT day, device_id, quantity, run_id, start, until, state, cause, periods, completeness FROM gap "
    "WHERE installation_id = ? AND month = ? AND day >= ? AND day <= ?"
)


class Line(NamedTuple):
    """Quarter-hours in a row of one device's quantity that fared alike, from ``start`` to before ``until``, UTC."""

    installation_id: str
    device_id: str
    quantity: str
    start: datetime
    until: datetime
    state: str
    cause: str
    periods: int
    completeness: float
    run_id: str


def ledger(reader: Reader, of: Parts, span: Span, seen: Published, now: datetime) -> list[Line]:
    """Every stretch of the installations ``of`` that lies at least in part in the time of each, which ``span`` holds.

    By device, quantity and time; up to the cut only, for the night says nothing of later periods.
    """
    first, last = (edge.astimezone(timezone.utc).date() for edge in span)
    keys = [(each, month, first, last) for each in of for month in months(*span)]
    lines = []
    for key, rows in zip(keys, reader.each(_GAPS, keys), strict=True):
        lines += [_line(key[0], row, now) for row in newest_of_days(rows, seen)]
    inside = [line for line in lines if any(line.start < end and line.until > at for at, end in of[line[0]])]
    return _joined(sorted(inside, key=lambda line: line[:4]))


def of_states(lines: Iterable[Line], states: Collection[str]) -> list[Line]:
    """The lines in one of ``states``; where none is named all but the present ones."""
    return [line for line in lines if (line.state in states if states else line.state != "present")]


def _line(installation_id: str, row: Any, now: datetime) -> Line:
    start, until = (utc(at) for at in (row.start, row.until))
    stretch = as_it_stands(Stretch(start, until, row.state, row.cause or "", row.periods, row.completeness), now)
    return Line(installation_id, row.device_id, row.quantity, *stretch, row.run_id)


def _joined(lines: Sequence[Line]) -> list[Line]:
    """Stretches that midnight alone divides, as one; of the nights that spoke of it the newest is named."""
    joined: list[Line] = []
    for line in lines:
        last = joined[-1] if joined else None
        alike = last is not None and last[:3] + last[5:7] == line[:3] + line[5:7]
        if last is not None and alike and last.until == line.start:
            periods = last.periods + line.periods
            covered = last.completeness * last.periods + line.completeness * line.periods
            joined[-1] = last._replace(
                until=line.until, periods=periods, completeness=covered / periods, run_id=max(last.run_id, line.run_id)
            )
        else:
            joined.append(line)
    return joined
