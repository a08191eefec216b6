"""A month's curve as Datadis states it, as intervals: its labels, its nulls, its days of 23 and 25 hours.

``time`` is the end of the period, 01:00 to 24:00. Some distributors write their days as 00:00 to 23:00, or give a row
00:00 beside 24:00, which is the day before's last once more. Some answer in quarter-hours where hours are asked for, or
the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd

from ingest.files.local_labels import DAY_MINUTES, placed
from ingest.sources.numbers import number_of
from ingest.sources.source import Unreadable

FIELDS = {
    "consumptionKWh": "import_wh",
    "surplusEnergyKWh": "export_wh",
    "generationEnergyKWh": "generation_wh",
    "selfConsumptionEnergyKWh": "self_consumption_wh",
}
"""Datadis' consumption is what came from the grid."""
HOUR, QUARTER = 60, 15
"""Minutes of the periods that there are."""
DECIMALS = 6
MOST_KWH = 1e12
YEARS = range(2000, 2200)
_TIME = re.compile(r"(\d{1,2}):(\d{2})")


class Period(NamedTuple):
    """One row of a curve: its start (UTC), its length, its energies in Wh, whether they were measured."""

    start: datetime
    minutes: int
    energies: Mapping[str, float]
    method: str


class _Row(NamedTuple):
    day: pd.Timestamp
    end: int
    """Minutes from the day's beginning, by the clock."""
    energies: Mapping[str, float]
    method: str


def curve(rows: Iterable[Any], minutes: int, zone: str, unreadable: Unreadable) -> list[Period]:
    """The periods in an answer's rows, asked for by ``minutes``; what can't be read goes to ``unreadable``."""
    known: list[_Row] = []
    for raw in rows:
        row = _row(raw)
        if row is None:
            unreadable.add(raw)
        else:
            known.append(row)
    if not known:
        return []
    minutes = _length(known, minutes)
    read = sorted(_as_ends(known, minutes, unreadable), key=lambda row: row.day)
    days, ends = pd.Series([row.day for row in read]), pd.Series([float(row.end) for row in read])
    found = placed(days, ends - minutes, minutes, zone)
    periods: dict[datetime, Period] = {}
    for number, (row, start) in enumerate(zip(read, found.starts, strict=True)):
        if start is pd.NaT:
            unreadable.add(f"{row.day:%Y/%m/%d} {_clock(row)}: {found.reasons.get(number)}")
        else:
            periods[start.to_pydatetime()] = Period(start.to_pydatetime(), minutes, row.energies, row.method)
    return [periods[start] for start in sorted(periods)]


def _length(rows: list[_Row], asked: int) -> int:
    """The length of the periods (minutes) by the labels of most ``rows``; of a single row what was ``asked`` for."""
    if len(rows) == 1:
        return asked
    within = sum(row.end % HOUR != 0 for row in rows)
    return QUARTER if 2 * within > len(rows) or (within and asked == QUARTER) else HOUR


def _row(raw: Any) -> _Row | None:
    """The row; None where it has no time, or no energy: a CUPS that is not seen gives one row of blanks."""
    if not isinstance(raw, dict):
        return None
    try:
        day = pd.Timestamp(datetime.strptime(str(raw.get("date")), "%Y/%m/%d"))  # noqa: DTZ007  a local day
    except ValueError:
        return None
    label = _TIME.fullmatch(str(raw.get("time"))) if day.year in YEARS else None
    energies = {field: value for name, field in FIELDS.items() if (value := _wh(raw.get(name))) is not None}
    if label is None or not energies:
        return None
    end = int(label[1]) * 60 + int(label[2])
    method = "measured" if str(raw.get("obtainMethod") or "").strip().lower().startswith("r") else "estimated"
    return _Row(day, end, energies, method) if end <= DAY_MINUTES + 60 else None


def _as_ends(rows: list[_Row], minutes: int, unreadable: Unreadable) -> Iterator[_Row]:
    """The rows with labels that are ends of periods of ``minutes``; all days are written as most of them are."""
    to_midnight = {row.day for row in rows if row.end == DAY_MINUTES}
    are_starts = len({row.day for row in rows if row.end == 0} - to_midnight) > len(to_midnight)
    for row in rows:
        if row.end % minutes:
            unreadable.add(f"{row.day:%Y/%m/%d} {_clock(row)}, in periods of {minutes} minutes")
        elif are_starts:
            yield row._replace(end=row.end + minutes)
        elif row.end == 0:
            unreadable.add(f"{row.day:%Y/%m/%d} 00:00, beside 24:00")
        else:
            yield row


def _clock(row: _Row) -> str:
    return f"{row.end // 60:02}:{row.end % 60:02}"


def _wh(value: Any) -> float | None:
    """Wh of kWh; None where there is no number."""
    kwh = stated_number(value)
    return None if kwh is None else round(kwh * 1000, DECIMALS)


def stated_number(value: Any) -> float | None:
    """The number of :func:`signed_number`, not below 0."""
    number = signed_number(value, MOST_KWH)
    return number if number is not None and number >= 0 else None


def signed_number(value: Any, most: float) -> float | None:
    """The number of a size below ``most``, maybe with a decimal comma; None where there is none, which is not zero."""
    if isinstance(value, str):
        value = number_of(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < most else None
