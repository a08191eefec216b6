"""The instant of each row of a table, in UTC, as the mapping says; and why a row has none."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ingest.files.local_labels import DAY_MINUTES, Placed, by_season, placed
from ingest.files.mapping import TimeMapping

CLOCK = r"^\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*$"
HOUR_MARK = r"(?i)^\s*h(?=\d)|(?<=\d)\s*h\s*$"
"""The letter of H01 and of 1 h."""
FROM_TO = r"^\s*(\d{1,2}(?::\d{2})?)\s*[-–]\s*(\d{1,2}(?::\d{2})?)\s*$"
"""A period that names both its ends: 00-01, 0:00 - 0:15."""
OFFSET = r"\d:?\d{2}(?:\.\d+)?\s*(?:Z|[+-]\d{2}:?\d{2})\s*$"
"""The offset at the end of a time of the day."""
SHORT_OFFSET = r"(\d:\d{2}(?:\.\d+)?\s*[+-]\d{2})\s*$"
"""The offset of whole hours, as PostgreSQL writes it."""
UTC = r"\s*(?:UTC|GMT|z)\s*$"
LAST_MIDNIGHT = r"[ T]24:00(?::00(?:\.0+)?)?$"
"""The midnight at the end of a day, which no parser takes."""
MILLISECONDS = 1e11
"""A Unix time beyond it is in milliseconds."""
NO_TIME, NO_ZONE = "its time can't be read", "its time has no offset, and the mapping no zone"


def row_starts(table: pd.DataFrame, time: TimeMapping) -> Placed:
    """Starts of the periods, or instants of the readings, by position."""
    label = table[time.column].str.strip()
    if time.format == "unix":
        said = floats(label)
        seconds = said.where(said <= MILLISECONDS, said / 1000)
        seconds = seconds.where(seconds.between(0, MILLISECONDS))
        starts = pd.to_datetime(seconds, unit="s", utc=True, errors="coerce").dt.round("us")
        return _with_reasons(starts + _before(time), {})
    if time.hour is not None:
        hour = table[time.hour].str.strip()
        if hour.str.contains(OFFSET).all():
            return _with_offset(label + " " + hour, time)
        return _of_day_and_hour(_parsed(label, time.format), hour, table, time)
    label = label if time.format else _in_iso(label)
    if label.str.contains(OFFSET).all():
        return _with_offset(label, time)
    is_last = label.str.contains(LAST_MIDNIGHT).astype(bool)
    naive = _parsed(label.where(~is_last, label.str.replace("24:00", "00:00", regex=False)), time.format)
    naive = naive.where(~is_last, naive + pd.Timedelta(days=1))
    days = naive.dt.floor("D")
    return _local(days, (naive - days) / pd.Timedelta(minutes=1), table, time)


def row_ends(starts: pd.Series[Any], time: TimeMapping) -> pd.Series[Any]:
    """The ends of the periods that begin at ``starts``; a local day has 23, 24 or 25 hours."""
    ends: pd.Series[Any] = starts + pd.Timedelta(minutes=time.minutes)
    if time.minutes == DAY_MINUTES and time.zone is not None:
        ends = (starts.dt.tz_convert(time.zone) + pd.DateOffset(days=1)).dt.tz_convert("UTC")
    return ends


def _of_day_and_hour(days: pd.Series[Any], hour: pd.Series[Any], table: pd.DataFrame, time: TimeMapping) -> Placed:
    """``hour`` is a time of the day, to 24:00, a period's number, from 1 on where it marks ends, or both its ends."""
    codes, labels = pd.factorize(hour.to_numpy(dtype=object))  # a million rows have a few labels
    label = pd.Series(labels, dtype=object).str.replace(HOUR_MARK, "", regex=True)
    label = label.str.replace(FROM_TO, r"\2" if time.marks == "end" else r"\1", regex=True)
    clock = label.str.extract(CLOCK).apply(pd.to_numeric, errors="coerce")
    numbers = floats(label) * time.minutes
    of_label = (clock[0] * 60 + clock[1] + clock[2].fillna(0) / 60).fillna(numbers.where(numbers.between(0, 25 * 60)))
    minutes = pd.Series(of_label.to_numpy()[codes], index=hour.index)
    days = days.where(minutes.notna())
    return _local(days, minutes, table, time)


def _local(days: pd.Series[Any], minutes: pd.Series[Any], table: pd.DataFrame, time: TimeMapping) -> Placed:
    length = time.minutes if time.marks == "end" else 0
    if time.zone is None:
        return Placed(_none(days), dict.fromkeys(range(len(days)), NO_ZONE))
    if time.season is not None:
        winter = (table[time.season.column].str.strip() == time.season.winter).astype(bool)
        labels = (days + pd.to_timedelta(minutes, unit="min")).dt.round("us")
        return _with_reasons(by_season(labels, winter, time.zone) + _before(time), {})
    found = placed(days, minutes - length, time.minutes, time.zone)
    return _with_reasons(found.starts + pd.Timedelta(minutes=time.shift_minutes), found.reasons)


def _with_offset(label: pd.Series[Any], time: TimeMapping) -> Placed:
    form = time.format or "ISO8601"
    return _with_reasons(pd.to_datetime(label, format=form, utc=True, errors="coerce") + _before(time), {})


def _in_iso(label: pd.Series[Any]) -> pd.Series[Any]:
    """The labels with their offsets and fractions as ISO 8601 is parsed."""
    label = label.str.replace(SHORT_OFFSET, r"\1:00", regex=True).str.replace(UTC, "Z", regex=True)
    found: pd.Series[Any] = label.str.replace(r"(\d),(\d)", r"\1.\2", regex=True)
    return found


def _parsed(label: pd.Series[Any], form: str | None) -> pd.Series[Any]:
    """The times by ``form``, or as ISO 8601, as the cells of an Excel file come that are dates themselves."""
    label = label.where(~label.str.contains(OFFSET).astype(bool))
    found: pd.Series[Any] = pd.to_datetime(label, format="ISO8601", errors="coerce")
    return found if form is None else pd.to_datetime(label, format=form, errors="coerce").fillna(found)


def _before(time: TimeMapping) -> pd.Timedelta:
    back: pd.Timedelta = pd.Timedelta(minutes=time.shift_minutes - (time.minutes if time.marks == "end" else 0))
    return back


def _with_reasons(starts: pd.Series[Any], reasons: dict[int, str]) -> Placed:
    """The same, and a reason for every row without a start."""
    missing = starts.isna().to_numpy().nonzero()[0]
    return Placed(starts, {int(number): reasons.get(int(number), NO_TIME) for number in missing})


def _none(days: pd.Series[Any]) -> pd.Series[Any]:
    none: pd.Series[Any] = pd.Series(pd.NaT, index=days.index, dtype="datetime64[ns, UTC]")
    return none


def floats(text: pd.Series[Any]) -> pd.Series[Any]:
    """The numbers that texts are, NaN for any other."""
    found: pd.Series[Any] = pd.to_numeric(text.astype(object), errors="coerce").astype(float)
    return found
