"""``solera backtest``: forecasts of anyone's own history, and their scores."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from batch_layer.backtest.quantities import Result


ENGINES = ("mllib", "xgboost", "both")
CHANGES = ("unreadable", "negative", "impossible", "averaged", "scaled", "off")
"""Fields of :class:`batch_layer.forecasting.histories.history.Repairs` that are shown, as the person reads them."""
NET_SHARE = 0.05
"""Share of negative values above which a history may be one of import minus export."""


class Kind(str, Enum):
    """What is forecast."""

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
    from rich.console import Console

    from batch_layer.backtest import local, prices
    from batch_layer.backtest import quantities as backtesting
    from batch_layer.forecasting.quantity import QUANTITIES
    from conf import load_settings
    from stack.downloads import java

    console = Console(highlight=False)
    levels = _levels(quantiles)
    _check(out, engine, decimal)
    if kind is Kind.price:
        candidates = prices.engines(model)
    task = backtesting.Task(
        QUANTITIES[kind.value],
        history,
        weather,
        sites,
        pd.Timestamp(first, tz="UTC"),
        pd.Timestamp(last, tz="UTC"),
        levels,
        ("xgboost", "mllib") if engine == "both" else (engine,),
        decimal,
    )
    with console.status("starting Spark") as status:

        def report(text: str) -> None:
            console.print(text)
            status.update(f"after {text.partition(':')[0]}")

        settings = load_settings()
        home = java.have(settings, console)
        spark = local.local_session(home, settings.home / "spark", "solera backtest")
        if kind is Kind.price:
            result = prices.backtest(spark, task, candidates, report)
        else:
            result = backtesting.backtest(spark, task, report)
        backtesting.write(result, levels, out)
    _show(console, result)
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


def _show(console: Console, result: Result) -> None:
    from batch_layer.forecasting import scores

    _show_repairs(console, result)
    rows, levels = result.forecasts, result.levels
    for text in result.refused:
        console.print(text, style="yellow", soft_wrap=True)
    if not (rows["value"].notna() & rows["naive"].notna()).any():
        console.print("The history holds nothing of the period, so the forecasts can't be scored.")
        return
    hour = (rows["time"] - rows["issued_at"]).dt.total_seconds() // 3600
    columns = ("forecast", "naive", "ratio")
    _table(console, "Scores", "", columns, scores.summary(rows, levels).round(5).to_dict("index"))
    _table(console, "MAE by horizon", "hours ahead", columns, scores.by(rows, levels, hour).round(5).to_dict("index"))
    _table(console, "MAE by series", "", columns, scores.by(rows, levels, "series_id").round(5).to_dict("index"))
    share = scores.coverage(rows, levels)
    share = share[share.index.isin(_nine(levels))]
    covered = {
        f"q{level:g}": {"wanted": level, "outcomes below": round(float(share[level]), 4)} for level in share.index
    }
    _table(console, "Coverage", "", ("wanted", "outcomes below"), covered)
    steps = rows["step"].value_counts()
    console.print("steps: " + ", ".join(f"{step} {count:,} h" for step, count in steps.items()))


def _show_repairs(console: Console, result: Result) -> None:
    """What was changed in each history, and what follows from it."""
    counts = {
        key: {name: getattr(own, name) for name in CHANGES}
        for key, own in result.repairs.items()
        if any(getattr(own, name) for name in CHANGES)
    }
    if counts:
        _table(console, "Changed in the history", "", CHANGES, counts)
        console.print(
            "Unreadable cells, negative and impossible hours are dropped; hours given twice are averaged; scaled are "
            "hours in a unit 1,000 times another; off are a plant's hours after two days without output, which are "
            "scored, but not learnt from.",
            soft_wrap=True,
        )
    for key, own in result.repairs.items():
        if own.unreadable:
            console.print(f"Series {key}: if its decimal mark is not the one declared, give --decimal.", soft_wrap=True)
        if own.negative > NET_SHARE * own.known:
            console.print(f"Series {key}: many values are negative; is it a net load?", soft_wrap=True)
        if own.unit != 1.0:
            console.print(
                f"Series {key}: its unit changed for good: an hour counts {own.unit:g} times what it did at first, and "
                "forecasts are in the newer unit.",
                soft_wrap=True,
            )


def _nine(levels: tuple[float, ...]) -> tuple[float, ...]:
    """At most nine of the levels, evenly spread."""
    if len(levels) <= 9:
        return levels
    return tuple(levels[round((i + 1) * (len(levels) + 1) / 10) - 1] for i in range(9))


def _table(
    console: Console, title: str, key: str, columns: tuple[str, ...], rows: Mapping[Any, Mapping[str, float]]
) -> None:
    from rich.table import Table

    table = Table(key, title=title, title_justify="left")
    for name in columns:
        table.add_column(name, justify="right")
    for name, row in rows.items():
        table.add_row(
            f"{name:g}" if isinstance(name, float) else str(name), *[f"{row[column]:g}" for column in columns]
        )
    console.print(table)
