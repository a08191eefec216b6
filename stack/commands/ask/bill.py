"""``solera bill``: what one supply owes for a month, line by line."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path
from typing import Annotated

import typer

from conf import load_settings
from energy.calendar import MADRID
from energy.money.official.statement import Statement
from serving_layer.views import catalogue
from serving_layer.views.money.bills import Billed, billed
from serving_layer.views.money.community import member_billed
from serving_layer.views.money.official import CAUSE_COLUMNS, difference, read
from serving_layer.views.money.rows import LINE_COLUMNS, caption, line_rows
from serving_layer.views.money.stated_hours import stated_bill
from stack import written_times
from stack.terminal import Form, Format, answering, show


def bill(
    installation: Annotated[str, typer.Option(help="As registered, with its contracts.")],
    month: Annotated[str | None, typer.Option(help="2026-03: the local days of that month.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="First local day, instead of --month.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="The local day after the last.")] = None,
    due: Annotated[str | None, typer.Option(help="Day it falls due: its taxes hold. Without it the last day.")] = None,
    official: Annotated[Path | None, typer.Option(help="CSV of an official bill's lines: why does it differ?")] = None,
    stated: Annotated[bool, typer.Option("--stated", help="Why does the bill of Datadis' hours differ?")] = False,
    agreement: Annotated[Path | None, typer.Option(help="YAML of its community's: the bill with its share.")] = None,
    form: Format = Form.table,
) -> None:
    """Make the bill of a supply: energy in kWh, amounts in EUR, each line by its contract and the dated rules.

    Import and export are offset within the hour; surplus is taken off up to the energy term, never below 0. Where
    readings are missing the bill is said to be incomplete. With --agreement a member's use is met by its share first.
    With --official it says why that bill differs, one line a cause, adding up exactly. Its file has the columns of
    --format csv; kind, from and until must be there, and a line of kind total. With --stated
    it is the bill that the same contract makes of the hours that the distributor states.

    Example: solera bill --installation fontana-01 --month 2026-10
    """
    theirs = _official(official, stated)
    asked = written_times.days(month, first, until) if theirs is None or any((month, first, until)) else None
    falls_due = None if due is None else written_times.day(due, MADRID, datetime.now(timezone.utc))
    with answering(load_settings()) as reader:
        catalogue.installation(reader, installation)

        def made(since: date, before: date) -> Billed:
            if agreement is None:
                return billed(reader, installation, since, before, falls_due)
            return member_billed(reader, installation, agreement, (since, before), falls_due)

        if stated and asked is not None:
            theirs = stated_bill(reader, installation, *asked, falls_due)
        if theirs is not None:
            found = difference(made, theirs, asked)
            show(form, CAUSE_COLUMNS, found.rows, f"{installation}: why the official bill differs, EUR", found.caption)
        elif asked is not None:
            own, title = made(*asked), f"{installation}: bill from {asked[0]} to before {asked[1]}"
            show(form, LINE_COLUMNS, line_rows(own), title, caption(own))


def _official(file: Path | None, stated: bool) -> Statement | None:
    """The bill in a file, where one is given."""
    if stated and file is not None:
        raise typer.BadParameter("give --official or --stated.")
    return None if file is None else read(file)
