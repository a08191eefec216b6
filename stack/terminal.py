"""Answers on a terminal: a table for a person, CSV for a pipe, one sentence where something is wrong."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from conf import Settings
from serving_layer import instants
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.tables import csv_text, plain
from stack import written_times
from store.runs import Published


class Form(str, Enum):
    """The form in which rows are printed."""

    table = "table"
    csv = "csv"
    json = "json"


From = Annotated[
    str,
    typer.Option(
        "--from", help="2026-03-29T00:00:00Z, yesterday, 2026-03 or a date (also 29/03/2026): its midnight in --tz."
    ),
]
To = Annotated[str, typer.Option("--to", help="The instant after the last, written like --from.")]
NOW = "now"
Format = Annotated[Form, typer.Option("--format", help="A table, CSV, or JSON: a list of the rows.")]

WIDEST = 1000
"""Columns of a terminal beyond which no table is."""


@contextmanager
def answering(settings: Settings) -> Iterator[Reader]:
    """A reader that is closed behind the command."""
    # The driver tells every lost connection; the sentence below says it once.
    logging.getLogger("cassandra").setLevel(logging.CRITICAL)
    reader = Reader(settings)
    try:
        yield reader
    finally:
        reader.close()


def span(first: str, last: str, tz: str) -> tuple[Span, ZoneInfo]:
    """The instants of ``--from`` and ``--to`` (UTC) and the zone of ``--tz``. Raises
    :class:`serving_layer.instants.BadInstant`.
    """
    zone = instants.zone(tz)
    now = datetime.now(timezone.utc)
    start, end = written_times.instant(first, zone, now), written_times.instant(last, zone, now)
    if start >= end:
        raise typer.BadParameter("--to must come after --from.")
    return Span(start, end), zone


def up_to_cut(seen: Published, what: str) -> str:
    """``what`` reaches up to the cut."""
    return "no run is published yet" if seen.cut is None else f"{what} {instants.text(seen.cut)}"


def show(form: Form, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], title: str, caption: str) -> None:
    """Print ``rows``; the table alone has title and caption. In JSON what a row does not have is null."""
    if form is Form.csv:
        typer.echo(csv_text(columns, rows), nl=False)
        return
    if form is Form.json:
        typer.echo(json.dumps([{name: plain(row.get(name)) for name in columns} for row in rows], indent=1))
        return
    # Names and words of others are shown as they are: in brackets they would else be taken for styles.
    table = Table(title=Text(printable(title), justify="center"), caption=Text(printable(caption), justify="center"))
    listed = [[_cell(row.get(name)) for name in columns] for row in rows]
    for index, name in enumerate(columns):
        numbers = any(row[index].is_number for row in listed)
        # On a narrow terminal words may wrap; a number or a time cut short would be another.
        is_whole = any(row[index].is_whole for row in listed)
        table.add_column(name, justify="right" if numbers else "left", no_wrap=is_whole)
    for row in listed:
        table.add_row(*(Text(printable(cell.text)) for cell in row))
    print_whole(Console(), table)


def print_whole(console: Console, table: Table) -> None:
    """Print ``table`` at the width of ``console``, or as wide as what may not wrap in it needs."""
    needed = Measurement.get(console, console.options.update(max_width=WIDEST), table).minimum
    width, console.width = console.width, max(console.width, needed)
    console.print(table)
    console.width = width


def printable(text: str) -> str:
    """``text`` without what would steer the terminal."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


class _Cell(NamedTuple):
    text: str
    is_number: bool = False
    is_whole: bool = False
    """A number or a time: it stands on one line."""


def _cell(value: Any) -> _Cell:
    if isinstance(value, bool):
        return _Cell(str(value))
    if isinstance(value, float):
        return _Cell(f"{value:,.3f}", True, True)
    if isinstance(value, int):
        return _Cell(f"{value:,}", True, True)
    if isinstance(value, Decimal):
        return _Cell(f"{value:,f}", True, True)
    return _Cell("" if value is None else str(plain(value)), is_whole=isinstance(value, date))
