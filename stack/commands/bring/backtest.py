"""``solera backtest``: forecasts of anyone's own history, and their scores."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from batch_layer.backtest.task import Task


ENGINES = ("mllib", "xgboost", "both")


class Kind(str, Enum):
    """The kind of forecast."""

    solar = "solar"
    consumption = "consumption"
    price = "price"


def backtest(
    kind: Annotated[Kind, typer.Argument(help="What the values are: solar and consumption are never below zero.")],
    history: Annotated[Path, typer.Option(help="CSV series_id,start,value: hourly, start = beginning, UTC.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First UTC day to forecast.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="UTC day after the last one.")],
    out: Annotated[Path, typer.Option(help="CSV to write: series_id,issued_at,time,q<quantile>…,step.")],
    weather: Annotated[Path | None, typer.Option(help="CSV series_id,issued_at,time,… as it was issued.")] = None,
    sites: Annotated[
        Path | None,
        typer.Option(help="CSV series_id,latitude,longitude,capacity,tilt,azimuth,timezone (prices: Europe/Madrid)."),
    ] = None,
    quantiles: Annotated[str, typer.Option(help="Levels between 0 and 1, comma-separated.")] = "0.1,0.5,0.9",
    engine: Annotated[str, typer.Option(help="mllib, xgboost, or both: the better on the month before.")] = "both",
    decimal: Annotated[str, typer.Option(help="Decimal mark of the history's values: '.' or ','.")] = ".",
    model: Annotated[
        str, typer.Option(help="Of prices: mean, lasso, trees, mlp, or best: the one best on the 60 days before.")
    ] = "best",
) -> None:
    """Forecast each day of a period from what was known at its 00:00 UTC, and score it against the naive forecast.

    Values are in the history's own unit (any); the naive forecast is the same hour of the last known day. No server is
    needed. Weather issued after the issue instant and history that had not ended by it are not looked at.

    Example: solera backtest solar --history plant.csv --weather ecmwf.csv --sites plant_sites.csv
    --from 2026-02-01 --to 2026-03-01 --out forecast.csv --quantiles 0.1,0.5,0.9
    """
    # Spark takes seconds to import; the help should not.
    import pandas as pd

    from batch_layer.backtest.task import Task
    from batch_layer.forecasting.quantity import QUANTITIES

    levels = _levels(quantiles)
    _check(out, engine, decimal)
    days = pd.Timestamp(first, tz="UTC"), pd.Timestamp(last, tz="UTC")
    engines = ("xgboost", "mllib") if engine == "both" else (engine,)
    task = Task(QUANTITIES[kind.value], history, weather, sites, *days, levels, engines, decimal)
    _run(task, out, model if kind is Kind.price else None)


def _run(task: Task, out: Path, price_model: str | None) -> None:
    """Forecast, write to ``out`` and show; ``price_model`` is the one asked for where prices are forecast."""
    from rich.console import Console

    from batch_layer.backtest import local, prices, quantities
    from batch_layer.backtest.task import write
    from conf import load_settings
    from stack.downloads import java
    from stack.tables.backtest import show

    console = Console(highlight=False)
    candidates = prices.engines(price_model) if price_model else ()
    with console.status("starting Spark") as status:

        def report(text: str) -> None:
            console.print(text)
            status.update(f"after {text.partition(':')[0]}")

        settings = load_settings()
        home = java.have(settings, console)
        spark = local.local_session(home, settings.home / "spark", "solera backtest")
        if price_model:
            result = prices.backtest(spark, task, candidates, report)
        else:
            result = quantities.backtest(spark, task, report)
        write(result, task.levels, out)
    show(console, result)
    console.print(f"{len(result.forecasts):,} hours written to {out}", soft_wrap=True)


def _check(out: Path, engine: str, decimal: str) -> None:
    """Raise :class:`conf.refusal.Refusal` for options that no backtest can be made with."""
    from conf.refusal import Refusal

    if not out.parent.is_dir():
        raise Refusal(f"--out {out}: there is no folder {out.parent}; make it first.")
    if out.is_dir():
        raise Refusal(f"--out {out}: this is a folder; name a file in it.")
    if engine not in ENGINES:
        raise Refusal(f"--engine {engine}: there are {', '.join(ENGINES)}.")
    if decimal not in (".", ","):
        raise Refusal(f"--decimal {decimal}: give . or , as the history writes its decimals.")


def _levels(text: str) -> tuple[float, ...]:
    from conf.refusal import Refusal

    try:
        levels = tuple(sorted({float(part) for part in text.split(",")}))
    except ValueError:
        levels = ()
    if not levels or not all(0 < level < 1 for level in levels):
        raise Refusal(f"--quantiles {text}: give numbers between 0 and 1, as 0.1,0.5,0.9.")
    return levels
