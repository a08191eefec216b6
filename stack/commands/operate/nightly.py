"""``solera nightly``: the batch layer, step by step."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from conf import load_settings
from store.reports import note_failed_night

STEP_HELP = (
    "Do this step and those after it again: archive, clean, totals, features, train, forecast, evaluate, prices, "
    "publish."
)


def nightly(
    date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="UTC day at whose 00:00 the night cuts; default today."),
    ] = None,
    from_step: Annotated[str, typer.Option("--from", metavar="STEP", help=STEP_HELP)] = "",
) -> None:
    """Run the night: archive what Kafka holds, total the energy (Wh) up to the cut, forecast, publish whole.

    First the sources are asked for what is due: AEMET where AEMET_API_KEY is set, prices, Datadis where it has a login.
    A night that was interrupted goes on where it stood; until it is published the older answers are served.

    Example: solera nightly --date 2026-03-10
    """
    # Spark takes seconds to import; the help should not.
    from batch_layer.master.ask import sources_asked
    from batch_layer.nightly import nightly
    from store.spark import session

    console, began = Console(highlight=False), time.monotonic()
    settings = load_settings()
    try:
        with sources_asked(console.print):
            spark = session(settings, "solera nightly")
        run = nightly(spark, settings, date.date() if date else None, from_step, console.print)
    except Exception:
        note_failed_night(settings.home / "run")
        raise
    console.print(f"published run {run.run_id} in {time.monotonic() - began:.0f} s")
