"""``solera nightly``: the batch layer, step by step."""

from __future__ import annotations

import os
import time
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from conf import Settings, load_settings
from conf.refusal import Refusal
from ingest.sources.aemet.weather import NoMunicipality, ask_forecasts

STEP_HELP = (
    "Do this step and those after it again: archive, clean, energy, features, train, forecast, evaluate, prices, "
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

    With AEMET_API_KEY set AEMET's weather forecast is asked for first.
    A night that was interrupted goes on where it stood; until it is published the older answers are served.

    Example: solera nightly --date 2026-03-10
    """
    # Spark takes seconds to import; the help should not.
    from batch_layer.nightly import nightly
    from store.spark import session

    console, began = Console(highlight=False), time.monotonic()
    settings = load_settings()
    _ask_for_weather(settings, console)
    spark = session(settings, "solera nightly")
    run = nightly(spark, settings, date.date() if date else None, from_step, console.print)
    console.print(f"published run {run.run_id} in {time.monotonic() - began:.0f} s")


def _ask_for_weather(settings: Settings, console: Console) -> None:
    """AEMET's forecasts, where there is a key; without them the night rests on the newest issue it has."""
    if not os.environ.get("AEMET_API_KEY"):
        return
    try:
        console.print(f"weather: {ask_forecasts(settings, lambda _: None):,} records from AEMET")
    except NoMunicipality:
        return
    except Refusal as error:
        console.print(f"weather: {error}. The forecast rests on the newest issue there is, or on history.")
