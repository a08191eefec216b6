"""The content of a person's file before any of it is published: records, what is refused and why, holes and sums."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from energy.columns import bounds
from energy.records import Interval, Reading
from ingest.devices.directed import OPPOSITE, MeasuredField
from ingest.files.mapping import FileMapping, IntervalField, MappingError
from ingest.files.row_times import floats, row_ends, row_starts

BOUNDS = bounds(Interval) | bounds(Reading)
"""The least and greatest value of each field: beyond them a number is no measurement."""
BLANK = r"[\s" + "\u00a0]"
DECIMALS = 6
"""Decimals of a Wh: what a factor leaves behind a kWh's last digit is rounded."""


@dataclass
class Understood:
    """``rows``: ``start``, of intervals ``end`` (UTC), each field, and ``method`` where the file says it; by time."""

    rows: pd.DataFrame
    fields: list[str]
    zone: str
    """The zone in which its months are counted."""
    absent: list[str]
    """Columns of the mapping that the file does not have."""
    meter: str | None = None
    """The one value of the mapping's ``one_of``."""
    repeated: int = 0
    """Rows that stand more than once."""
    refused: Counter[str] = field(default_factory=Counter)
    """Reasons, and how many rows were refused for each; a cell that can't be read costs itself alone."""
    first_refused: dict[str, int] = field(default_factory=dict)
    """Reason and the first line of the file that was refused for it."""

    def refuse(self, reason: str, lines: pd.Index[Any]) -> None:
        """Count the rows of ``lines`` as refused."""
        if len(lines):
            self.refused[reason] += len(lines)
            self.first_refused.setdefault(reason, int(lines[0]))

    def holes(self) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
        """Spans (UTC) between the first interval and the last in which none stands."""
        if self.rows.empty:
            return []
        ends, following = self.rows["end"], self.rows["start"].shift(-1)
        gaps = following > ends
        return list(zip(ends[gaps], following[gaps], strict=True))

    def by_month(self, registers: frozenset[str]) -> pd.DataFrame:
        """Rows and sums by local month; of a register the step from its first to its last value, of powers the mean."""
        months = self.rows["start"].dt.tz_convert(self.zone).dt.tz_localize(None).dt.to_period("M")
        groups = self.rows.groupby(months)
        found: pd.DataFrame = pd.DataFrame({"rows": groups.size()})
        for name in self.fields:
            if name in registers:
                found[name] = groups[name].last() - groups[name].first()
            else:
                found[name] = groups[name].sum(min_count=1) if name.endswith("_wh") else groups[name].mean()
        found.index = found.index.astype(str)
        return found


def understand(table: pd.DataFrame, mapping: FileMapping) -> Understood:
    """Read ``table`` as ``mapping`` says. Raises :class:`MappingError` where a column that it needs is not there."""
    table = _chosen(_as_named(table, mapping), mapping)
    fields = {name: column for name, column in mapping.columns.items() if column.column in table}
    if not fields:
        raise MappingError(f"columns: the file has none of them; it has: {', '.join(map(str, table.columns))[:300]}")
    absent = [column.column for column in mapping.columns.values() if column.column not in table]
    zone = mapping.time.zone or "UTC"
    found = Understood(pd.DataFrame(), [str(name) for name in fields], zone, absent, _meter(table, mapping))
    rows = pd.DataFrame({"start": pd.Series(dtype="datetime64[ns, UTC]")}, index=table.index)
    rows["start"], reasons = row_starts(table, mapping.time)
    if mapping.topic == "intervals":
        rows["end"] = row_ends(rows["start"], mapping.time)
    good, spoilt = pd.Series(True, index=table.index), pd.Series(False, index=table.index)
    for reason in set(reasons.values()):
        bad = table.index[[number for number, why in reasons.items() if why == reason]]
        found.refuse(reason, bad)
        good[bad] = False
    for name, column in fields.items():
        rows[name], bad = _numbers(table[column.column], mapping, name)
        for reason, lines in bad.items():
            found.refuse(reason, lines[good[lines]])
            spoilt[lines] = True
    empty = rows[list(fields)].isna().all(axis=1) & good
    found.refuse("it has no value", table.index[empty & ~spoilt])
    if mapping.method is not None and mapping.method.column in table:
        estimated = table[mapping.method.column].str.strip().isin(mapping.method.estimated).astype(bool)
        rows["method"] = np.where(estimated, "estimated", "measured")
    found.fields += _directed(rows, found.fields)
    found.rows = _once(rows[good & ~empty], found)
    return found


def _directed(rows: pd.DataFrame, fields: list[str]) -> list[str]:
    """Let what is negative of a power be the other direction's, and return the fields that came so."""
    came = [OPPOSITE[name] for name in fields if OPPOSITE.get(name, name) not in fields and (rows[name] < 0).any()]
    for name in came:
        signed = rows[OPPOSITE[name]]
        rows[name], rows[OPPOSITE[name]] = (-signed).clip(lower=0) + 0.0, signed.clip(lower=0) + 0.0
    return came


def _as_named(table: pd.DataFrame, mapping: FileMapping) -> pd.DataFrame:
    """The table with its columns called as the mapping calls them, which differ in case, spaces and accents' form."""
    wanted = [mapping.time.column, mapping.time.hour, mapping.one_of, *mapping.where]
    wanted += [column.column for column in mapping.columns.values()]
    wanted += [part.column for part in (mapping.method, mapping.time.season) if part is not None]
    plain = {_plain(name): name for name in wanted if name is not None}
    table = table.rename(columns={name: plain.get(_plain(str(name)), name) for name in table.columns})
    twice = sorted({name for name in plain.values() if list(table.columns).count(name) > 1})
    if twice:
        raise MappingError(f"the file has the column {twice[0]} more than once; rename the one that is not meant")
    needed = [mapping.time.column, mapping.time.hour, mapping.one_of, *mapping.where]
    needed += [mapping.time.season.column] if mapping.time.season else []
    for name in needed:
        if name is not None and name not in table:
            there = ", ".join(map(str, table.columns))[:300]
            raise MappingError(f"the file has no column {name!r}; it has: {there}. Are skip_lines and delimiter right?")
    return table


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()


def _chosen(table: pd.DataFrame, mapping: FileMapping) -> pd.DataFrame:
    for name, value in mapping.where.items():
        table = table[(table[name].str.strip() == value).astype(bool)]
    if table.empty:
        raise MappingError("where: no row of the file holds that")
    return table


def _meter(table: pd.DataFrame, mapping: FileMapping) -> str | None:
    if mapping.one_of is None:
        return None
    values = sorted(value for value in table[mapping.one_of].str.strip().unique() if value)
    if len(values) != 1:
        shown = ", ".join(values[:5])
        raise MappingError(
            f"{mapping.one_of} has {len(values)} values ({shown}): choose one, `where: {{{mapping.one_of}: …}}`"
        )
    return str(values[0])


def _numbers(
    column: pd.Series[Any], mapping: FileMapping, name: IntervalField | MeasuredField
) -> tuple[pd.Series[Any], dict[str, pd.Index[Any]]]:
    """Values in the field's unit, NaN where a cell is empty; and the lines that are refused, by reason."""
    decimal = mapping.decimal
    text = column.str.replace(BLANK, "", regex=True)
    other = "." if decimal == "," else ","
    # 1,500 may be either; where the decimal sign stands behind it, the other is a sign of thousands.
    grouped = text.str.match(rf"^[+-]?[1-9]\d{{0,2}}(\{other}\d{{3}})+\{decimal}\d+$").astype(bool)
    text = text.where(~grouped, text.str.replace(other, "", regex=False))
    wrong = text.str.contains(other, regex=False).astype(bool)
    values = floats(text.str.replace(decimal, ".", regex=False)).where(~wrong)
    unread = (values.isna() & (text != "").astype(bool)) | np.isinf(values)
    values = (values * mapping.columns[name].factor).round(DECIMALS)
    least, most = BOUNDS[name]
    if name in OPPOSITE and OPPOSITE[name] not in mapping.columns:
        least = -most
    beyond = (values < least) | (values > most)
    reasons = {
        f"{name} is no number with decimal {decimal!r}": column.index[unread],
        f"{name} is negative or beyond measure": column.index[beyond & ~unread],
    }
    return values.where(~(unread | beyond)), reasons


def _once(rows: pd.DataFrame, found: Understood) -> pd.DataFrame:
    """The rows by time, one an instant: repeats are counted, rows that contradict one another are refused."""
    rows = rows.assign(line=rows.index).sort_values("start", kind="stable")
    values = [name for name in rows.columns if name != "line"]
    repeats = rows.duplicated(values)
    found.repeated = int(repeats.sum())
    rows = rows[~repeats]
    contradicted = rows.duplicated("start", keep=False)
    found.refuse("another row says otherwise of the same time", pd.Index(rows["line"][contradicted]))
    left: pd.DataFrame = rows[~contradicted].drop(columns="line").reset_index(drop=True)
    return left
