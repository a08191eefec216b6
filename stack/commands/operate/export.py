"""``solera export postgres``: copies the catalogue and the energy into another data base."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from conf import load_settings
from serving_layer.export import postgres as base
from stack import written_times
from stack.terminal import answering

UTC = ZoneInfo("UTC")
export = typer.Typer(no_args_is_help=True, help="Copy into another data base, for those whose dashboards live there.")


@export.callback()
def _export() -> None:
    """Copy into another data base, for those whose dashboards live there."""


@export.command()
def postgres(
    address: Annotated[str, typer.Argument(help="As libpq takes it; the rest comes from PGHOST and so on.")] = "",
    first: Annotated[
        str | None, typer.Option("--from", help="First UTC day of an installation; else a year ago.")
    ] = None,
) -> None:
    """Write energy (quarter-hours, Wh, UTC) and the catalogue into schema solera of PostgreSQL.

    The first time everything since --from is written, then what nights have published or changed since, and the speed
    view. Run it after each night; done again it changes nothing. Give the password by PGPASSWORD or ~/.pgpass.

    Example: solera export postgres 'host=db.example.org dbname=energy user=solera'
    """
    now, console = datetime.now(timezone.utc), Console(highlight=False, markup=False)
    day = (now - timedelta(days=365)).date() if first is None else written_times.day(first, UTC, now)
    with answering(load_settings()) as reader, base.connected(address) as connection:
        count = base.export(connection, reader, day, now, console.print)
    console.print(f"{count:,} quarter-hours written.")
