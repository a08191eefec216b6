"""Backtest of prices: each day forecast from what was known at its 00:00 UTC, by the maker that was best before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pyspark.sql import SparkSession

from batch_layer.backtest import inputs
from batch_layer.backtest.task import Report, Result
from batch_layer.backtest.task import Task as Wanted
from batch_layer.forecasting.features.site import Site
from batch_layer.pricing import band, candidates
from batch_layer.pricing.candidates import WITH_WEATHER, Learner
from batch_layer.pricing.design import DAY, DAYS_BACK, HOUR, ZONE, Design, lay_out
from batch_layer.pricing.issue import Issue, issue
from batch_layer.pricing.rolling import Task, solve, stretches
from energy.forecasts.ladder import HISTORY, PERSISTENCE, WEATHER
from energy.forecasts.scores import NAIVE

LONGEST_DAYS = 1100
"""Days learnt from; older ones cost time and say little of today's prices."""
STALE = pd.Timedelta("14D")
"""Time after the end of a history for which the naive forecast still stands."""


def engines(model: str) -> tuple[str, ...]:
    """The makers tried where ``model`` is asked for. Raises :class:`batch_layer.backtest.inputs.BadInput`."""
    if model not in candidates.ENGINES:
        raise inputs.BadInput(f"--model {model}: there are {', '.join(candidates.ENGINES)}.")
    return candidates.ENGINES[model]


@dataclass(frozen=True)
class Series:
    """One series laid out: origins from ``begin`` on are forecast, those from ``trial`` on tried before."""

    name: str
    design: Design
    trial: int
    begin: int

    @property
    def is_tried(self) -> bool:
        """Whether it is long enough for a model."""
        return self.trial < len(self.design.origins)


def backtest(spark: SparkSession, wanted: Wanted, engines: Sequence[str], report: Report) -> Result:
    """Forecast every issue of the period. Raises :class:`conf.refusal.Refusal` for input no forecast can rest on."""
    if not wanted.first < wanted.last:
        raise inputs.BadInput(f"--to {wanted.last:%Y-%m-%d} does not come after --from {wanted.first:%Y-%m-%d}")
    sites = inputs.read_sites(wanted.sites) if wanted.sites else {}
    read = inputs.read_history(wanted.history, wanted.quantity, sites, wanted.decimal)
    refused = read.refused
    weather = inputs.read_weather(wanted.weather, wanted.quantity, wanted.first) if wanted.weather else None
    report(f"history: {len(read.known)} series, {read.hours:,} hours")
    laid_out = []
    for name, own in read.known.items():
        its = None if weather is None else weather[weather["series_id"] == name].drop(columns="series_id")
        laid, said = _design_of(name, own.values, wanted, sites.get(name, Site()), its)
        laid_out += [laid] if laid else []
        refused += [said] if said else []
    if not laid_out:
        raise inputs.BadInput(f"{wanted.history}: no series to forecast. {' '.join(refused[:3])}")
    parts = {s.name: candidates.learners_of(engines, s.design.has_weather) for s in laid_out if s.is_tried}
    tasks = [task for s in laid_out for part in parts.get(s.name, ()) for task in _tasks(s, part)]
    report(f"models: {len(tasks)} fits of {len({p for each in parts.values() for p in each})} kinds")
    prices = solve(spark, {s.name: s.design for s in laid_out}, tasks)
    blocks, levels = [], tuple(sorted({*wanted.levels, 0.5}))
    for series in laid_out:
        by_maker = candidates.forecasts_of(engines, prices.get(series.name, {}))
        issued = issue(series.design, by_maker, series.begin, len(series.design.origins), levels)
        blocks.append(_rows(series, issued))
        counted = ", ".join(f"{count} days by {name}" for name, count in Counter(issued.maker).most_common())
        report(f"{series.name}: {counted}")
    return Result(
        pd.concat(blocks, ignore_index=True), levels, refused, {key: own.repairs for key, own in read.known.items()}
    )


def _design_of(
    name: str, values: pd.Series, wanted: Wanted, site: Site, weather: pd.DataFrame | None
) -> tuple[Series | None, str]:
    """The series and its design, None where it can't be forecast; and a sentence on it."""
    known_to = values.index[-1] + pd.Timedelta("1h")
    if wanted.first < values.index[0].ceil("D") + DAY:
        return None, f"Series {name}: its history begins {values.index[0]:%Y-%m-%d}, less than a day before the period."
    if known_to + STALE < wanted.first:
        return None, f"Series {name}: its history ends {known_to:%Y-%m-%d}, more than a fortnight before the period."
    earliest = max(values.index[0].ceil("D"), wanted.first - pd.Timedelta(days=LONGEST_DAYS))
    days = pd.Timedelta(days=DAYS_BACK + 1)
    if earliest + days > wanted.first:  # days before the first are copies of it: enough for the naive forecast
        values = pd.concat([_repeated(values, (earliest + days - wanted.first) // DAY + 1), values])
        earliest = wanted.first - days
    end = min(wanted.last, (known_to + STALE).ceil("D"))
    values = values.reindex(pd.date_range(values.index[0], max(end, known_to) - HOUR, freq="h"))
    origins = pd.date_range(earliest + days, end, freq="D", inclusive="left")
    design = lay_out(values, origins, site.zone or ZONE, 0, weather if weather is not None and len(weather) else None)
    begin = int((origins < wanted.first).sum())
    lost = (wanted.last - end) // DAY
    said = f"Series {name}: {lost} days without a forecast: nothing is known of the fortnight before." if lost else ""
    return Series(name, design, max(begin - band.DAYS, candidates.FEWEST_DAYS), begin), said


def _repeated(values: pd.Series, days: int) -> pd.Series:
    first = values.iloc[:24]
    before = [first.set_axis(first.index - pd.Timedelta(days=n)) for n in range(days, 0, -1)]
    answer: pd.Series = pd.concat(before)
    return answer


def _tasks(series: Series, part: Learner) -> list[Task]:
    return stretches(series.name, part, series.trial, len(series.design.origins))


def _rows(series: Series, said: Issue) -> pd.DataFrame:
    design = series.design.rows(np.arange(series.begin, len(series.design.origins)))
    hours = design.times.shape[1]
    weather = design.weather
    seen = np.zeros(design.target.shape, dtype=bool) if weather is None else ~np.isnan(weather).all(axis=2)
    rows: pd.DataFrame = pd.DataFrame(
        {
            "series_id": series.name,
            "issued_at": design.origins.repeat(hours),
            "time": pd.DatetimeIndex(design.times.ravel(), tz="UTC"),
            "value": design.target.ravel(),
            "naive": design.naive.ravel(),
            "dark": False,
            "model": np.repeat(said.maker, hours),
            "quantiles": list(said.quantiles.reshape(-1, said.quantiles.shape[2])),
        }
    )
    with_weather = rows["model"].str.contains(WITH_WEATHER, regex=False) & seen.ravel()
    rows["step"] = np.where(rows["model"] == NAIVE, PERSISTENCE, np.where(with_weather, WEATHER, HISTORY))
    return rows
