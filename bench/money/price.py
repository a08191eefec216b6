"""Price forecasts a day ahead on a later year: what each model makes of weather, of past prices, and of both.

solera bench price              # Spain's market 2017 with the weather of five cities, and the PVPC of 2020
python -m bench.money.price pvpc  # one

Every model is fitted on what came before, anew every 30 days, and never sees the year it forecasts. Needs the public
histories in the folder that SOLERA_SHARED_DATA names.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from batch_layer.backtest import local
from batch_layer.backtest.inputs import read_weather
from batch_layer.forecasting.histories.history import hourly
from batch_layer.forecasting.quantity import PRICE
from batch_layer.pricing import candidates
from batch_layer.pricing.candidates import LASSO, MEAN, PERCEPTRON, TREES, WEATHER_ALONE, WITH_WEATHER
from batch_layer.pricing.design import DAYS_BACK, Design, lay_out
from batch_layer.pricing.issue import banded
from batch_layer.pricing.rolling import Task, solve
from batch_layer.pricing.track_record import LEVELS
from bench.forecasts.data import Case, chosen, pvpc, spot
from conf import load_settings
from energy.forecasts.scores import NAIVE, mae, pinball, r2, rmse
from stack.downloads import java

REFIT_DAYS = 30
ENGINES = (LASSO, TREES, PERCEPTRON, MEAN)


def laid_out(case: Case) -> Design:
    """The case's days, each at its 00:00 UTC, from the first that can be learnt from."""
    rows = pd.read_csv(case.folder / "history.csv", parse_dates=["start"])
    values = hourly(case.name, rows, PRICE)
    weather = None
    if case.weather:
        weather = read_weather(case.folder / "weather.csv", PRICE, pd.Timestamp(case.first, tz="UTC"))
        weather = weather.drop(columns="series_id")
    first = values.index[0].ceil("D") + pd.Timedelta(days=DAYS_BACK + 1)
    origins = pd.date_range(first, pd.Timestamp(case.last, tz="UTC"), freq="D", inclusive="left")
    return lay_out(values, origins, "Europe/Madrid", 0, weather)


def forecasts(design: Design, begin: int, case: Case) -> dict[str, NDArray[np.float64]]:
    """The year by every model, each inputs' kind apart."""
    settings = load_settings()
    home = java.have(settings, Console(stderr=True))
    spark = local.local_session(home, settings.home / "spark", "solera bench price")
    days = range(begin, len(design.origins), REFIT_DAYS)
    tasks = [
        Task("", part, day, day, min(day + REFIT_DAYS, len(design.origins)))
        for part in candidates.learners_of(ENGINES, case.weather, alone=True)
        for day in days
    ]
    return candidates.forecasts_of(ENGINES, solve(spark, {"": design}, tasks)[""]) | {NAIVE: design.naive}


def inputs_of(name: str) -> str:
    """What a model looks at."""
    if name.endswith(WEATHER_ALONE):
        return "weather"
    return "both" if name.endswith(WITH_WEATHER) else "prices"


def table(case: Case) -> Table:
    """A line a model: errors over the whole period, the least first."""
    began, design = time.monotonic(), laid_out(case)
    begin = int((design.origins < pd.Timestamp(case.first, tz="UTC")).sum())
    shown = Table("model", "looks at", title=f"{case.name}, {case.first} to {case.last}, EUR/MWh")
    for column in ("MAE", "RMSE", "R2", "pinball"):
        shown.add_column(column, justify="right")
    lines = []
    for name, prices in forecasts(design, begin, case).items():
        outcome = design.target[begin:]
        bands = np.stack([banded(design, prices, day, LEVELS) for day in range(begin, len(design.origins))])
        plain = name.removesuffix(WITH_WEATHER).removesuffix(WEATHER_ALONE)
        errors = [*(score(prices[begin:], outcome) for score in (mae, rmse, r2)), pinball(bands, outcome, LEVELS)]
        lines.append((errors, plain, inputs_of(name)))
    for errors, plain, inputs in sorted(lines):
        shown.add_row(plain, inputs, *(f"{each:.3f}" for each in errors))
    shown.caption = f"{time.monotonic() - began:.0f} s"
    return shown


def main(wanted: list[str]) -> None:
    """Run the cases and print the tables."""
    console = Console(highlight=False, width=110)
    shared = Path(os.environ.get("SOLERA_SHARED_DATA", "../shared/data"))
    if not shared.is_dir():
        console.print(f"{shared} is not there: SOLERA_SHARED_DATA names the folder of the public price histories.")
        return
    with tempfile.TemporaryDirectory(prefix="solera-price-") as folder:
        cases = {"spot": spot(shared, Path(folder), weather=True), "pvpc": pvpc(shared, Path(folder))}
        for case in chosen(cases, wanted).values():
            console.print(table(case))


if __name__ == "__main__":
    main(sys.argv[1:])
