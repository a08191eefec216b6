"""``solera bill``: what one supply owes for a month, line by line."""

from __future__ import annotations

from typing import Annotated

import typer

from conf import load_settings
from serving_layer import instants
from serving_layer.views import catalogue
from serving_layer.views.money.bills import billed
from serving_layer.views.money.rows import LINE_COLUMNS, caption, line_rows
from stack.terminal import Form, Format, answering, show


def bill(
    installation: Annotated[str, typer.Option(help="As registered, with its contracts.")],
    month: Annotated[str | None, typer.Option(help="2026-03: the local days of that month.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="First local day, instead of --month.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="The local day after the last.")] = None,
    due: Annotated[str | None, typer.Option(help="Day it falls due: its taxes hold. Without it the last day.")] = None,
    form: Format = Form.table,
) -> None:
    """Make the bill of a supply: energy in kWh, amounts in EUR, each line by its contract and the dated rules.

    Import and export are offset within the hour; surplus is taken off up to the energy term, never below 0. Where
    readings are missing the bill is said to be incomplete.

    Example: solera bill --installation fontana-01 --month 2026-10
    """
    days = instants.days(month, first, until)
    falls_due = None if due is None else instants.day(due)
    with answering(load_settings()) as reader:
        catalogue.installation(reader, installation)
        found = billed(reader, installation, *days, falls_due)
    rows = line_rows(found)
    show(form, LINE_COLUMNS, rows, f"{installation}: bill from {days[0]} to before {days[1]}", caption(found))
