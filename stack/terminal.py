"""Answers on a terminal: a table for a person, CSV for a pipe, one sentence where something is wrong."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from conf import Settings
from serving_layer import instants
from serving_layer.reader import Reader
from serving_layer.tables import csv_text, plain
from store.runs import Published


class Form(str, Enum):
    """How rows are printed."""

    table = "table"
    csv = "csv"


From = Annotated[str, typer.Option("--from", help="2026-03-29T00:00:00Z, or a date: its midnight in --tz.")]
To = Annotated[str, typer.Option("--to", help="The instant after the last, written like --from.")]
Format = Annotated[Form, typer.Option("--format", help="A table, or CSV.")]


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


def span(first: str, last: str, tz: str) -> tuple[datetime, datetime, ZoneInfo]:
    """The instants of ``--from`` and ``--to`` (UTC) and the zone of ``--tz``. Raises
    :class:`serving_layer.instants.BadInstant`.
    """
    zone = instants.zone(tz)
    start, end = instants.parse(first, zone), instants.parse(last, zone)
    if start >= end:
        raise typer.BadParameter("--to must come after --from.")
    return start, end, zone


def up_to_cut(seen: Published, what: str) -> str:
    """``what`` reaches up to the cut."""
    return "no run is published yet" if seen.cut is None else f"{what} {instants.text(seen.cut)}"


def show(form: Form, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], title: str, caption: str) -> None:
    """Print ``rows``; the table alone has title and caption."""
    if form is Form.csv:
        typer.echo(csv_text(columns, rows), nl=False)
        return
    table = Table(title=title, caption=caption)
    listed = [[_cell(row.get(name)) for name in columns] for row in rows]
    for index, name in enumerate(columns):
        numbers = any(row[index][1] for row in listed)
        # On a narrow terminal words may wrap; a number cut short would be another number.
        table.add_column(name, justify="right" if numbers else "left", no_wrap=numbers)
    for row in listed:
        table.add_row(*(text for text, _ in row))
    Console().print(table)


def _cell(value: Any) -> tuple[str, bool]:
    """The text, and whether it is a number."""
    if isinstance(value, float):
        return f"{value:,.3f}", True
    if isinstance(value, int):
        return f"{value:,}", True
    return "" if value is None else str(plain(value)), False
