"""``solera backfill``: asks a source again for what is missing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from conf import load_settings
from ingest.sources.alone import BY_HAND_SECONDS, alone
from ingest.sources.backfill import SOURCES
from ingest.sources.backfill import backfill as ask

_DAY = ["%Y-%m-%d"]


def backfill(
    source: Annotated[str, typer.Argument(help=f"One of {', '.join(SOURCES)}.")],
    first: Annotated[datetime, typer.Option("--from", formats=_DAY, help="First day, of Europe/Madrid.")],
    last: Annotated[datetime, typer.Option("--to", formats=_DAY, help="Day after the last one.")],
) -> None:
    """Ask SOURCE for the days that are missing, inside its quota, and publish them; prices in EUR/MWh.

    Example: solera backfill omie --from 2025-10-01 --to 2025-11-01
    """
    settings = load_settings()
    with alone(settings, BY_HAND_SECONDS):
        count = ask(settings, source, first.date(), last.date(), typer.echo)
    typer.echo(f"Published {count} records.")
