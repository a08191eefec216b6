"""``solera tariffs check``: which dates the dated rules of a bill cover."""

from __future__ import annotations

from datetime import datetime

import typer

from conf.tariffs import tariffs as rules
from conf.tariffs.coverage import HOLE, coverage, ending
from energy.calendar import MADRID
from stack.terminal import Form, Format, show

COLUMNS = ("rule", "from", "until", "status", "source")

tariffs = typer.Typer(no_args_is_help=True, help="The dated rules of a bill: tolls, charges, taxes, periods.")


@tariffs.callback()
def _tariffs() -> None:
    """The dated rules of a bill: tolls, charges, taxes, periods."""


@tariffs.command()
def check(form: Format = Form.table) -> None:
    """Read every row of conf/tariffs, and show which days each rule covers: from the first to before until.

    A day without a row is refused by every bill, but for excess power, which then is in none; days between two rows
    have the status `no row`. A conditional row holds only if what it names came true. Below the table stands from
    which day on which rules have no row yet: bills of that day are refused until a file of the new year has them.

    Example: solera tariffs check
    """
    covered = coverage(rules())
    rows = [each._asdict() | {"from": each.since} for each in covered]
    holes = sum(each.status == HOLE for each in covered)
    today = datetime.now(MADRID).date()
    caption = f"{len(covered) - holes} rows, {holes} holes; until: excluded; {ending(rules(), today)}"
    show(form, COLUMNS, rows, "Dated rules of a bill", caption)
