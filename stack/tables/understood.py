"""The table of what was understood of a file, for whoever decides whether it is right."""

from __future__ import annotations

import pandas as pd
from rich.console import Console
from rich.table import Table

from energy.records import REGISTERS
from ingest.files.mapping import FileMapping
from ingest.files.understood import Understood

MOST_HOLES = 10
"""Holes that are shown; the rest is counted."""


def show(console: Console, understood: Understood, mapping: FileMapping) -> None:
    """Print rows, range, sums by month, holes and refusals."""
    rows = understood.rows
    whose = mapping.meter_id or understood.meter if mapping.topic == "intervals" else mapping.device_id
    console.print(f"{mapping.installation_id}, {whose}: {len(rows):,} rows for topic {mapping.topic}")
    for column in understood.absent:
        console.print(f"  the file has no column {column!r}; that field is left out")
    if len(rows):
        _show_rows(console, understood, mapping)
    if understood.repeated:
        console.print(f"Repeated in the file, and taken once: {understood.repeated:,} rows")
    for reason, count in understood.refused.most_common():
        console.print(f"Refused: {count:,} rows, line {understood.first_refused[reason]} first: {reason}")


def _show_rows(console: Console, understood: Understood, mapping: FileMapping) -> None:
    first, last = understood.rows["start"].iloc[0], understood.rows["start"].iloc[-1]
    if mapping.topic == "intervals":
        last = understood.rows["end"].iloc[-1]
    zone = understood.zone
    console.print(f"  from {_local(first, zone)} to {_local(last, zone)} ({zone}), {_utc(first)} to {_utc(last)} UTC")
    if "method" in understood.rows:
        console.print(f"  estimated: {int((understood.rows['method'] == 'estimated').sum()):,} rows")
    console.print(_months(understood))
    if mapping.topic == "intervals":
        _show_holes(console, understood)


def _months(understood: Understood) -> Table:
    table = Table(title=f"By month of {understood.zone}: sums in kWh, of registers the step; means of all else")
    months = understood.by_month(frozenset(REGISTERS))
    for name in ("month", *months.columns):
        table.add_column(str(name).replace("_wh", "_kwh"), justify="left" if name == "month" else "right")
    for month, values in months.iterrows():
        cells = (_cell(str(name), values[name]) for name in months.columns)
        table.add_row(str(month), *cells)
    return table


def _cell(name: str, value: float) -> str:
    if pd.isna(value):
        return ""
    if name == "rows":
        return f"{int(value):,}"
    return f"{value / 1000:,.3f}" if name.endswith("_wh") else f"{value:,.1f}"


def _show_holes(console: Console, understood: Understood) -> None:
    holes = understood.holes()
    for begin, end in holes[:MOST_HOLES]:
        console.print(f"Hole: {_local(begin, understood.zone)} to {_local(end, understood.zone)}")
    if len(holes) > MOST_HOLES:
        console.print(f"… and {len(holes) - MOST_HOLES:,} holes more")
    if not holes:
        console.print("No holes")


def _local(instant: pd.Timestamp, zone: str) -> str:
    return f"{instant.tz_convert(zone):%Y-%m-%d %H:%M}"


def _utc(instant: pd.Timestamp) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"
