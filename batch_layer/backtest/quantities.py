"""Backtest: anyone's own history, forecast day by day from what was known, and scored against the naive forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.backtest import inputs
from batch_layer.backtest.task import Report, Result, Task
from batch_layer.forecasting.features.frame import Wanted, feature_table
from batch_layer.forecasting.features.lags import LATEST_DAYS
from batch_layer.forecasting.features.site import Site
from batch_layer.forecasting.features.table import OFF, WITHHELD
from batch_layer.forecasting.features.weather import variables
from batch_layer.forecasting.models.calibration import TRIAL_LEVELS, proven
from batch_layer.forecasting.models.fit import fit
from batch_layer.forecasting.models.model import features_of
from batch_layer.forecasting.models.predict import predict
from batch_layer.forecasting.models.shape import Shape
from batch_layer.forecasting.scores import mean_loss

HORIZON = 24
RETRAIN_DAYS = 30
"""New models are grown this often inside the test period, from what is known by then."""
TRAIN_DAYS = 730
TRAINING_ROWS = 150_000
SHAPE = Shape(trees=100, depth=14, leaf=5)
TRIAL = Shape(trees=30, depth=10, leaf=5)
"""Small forests tell the better engine as well as large ones do."""


def backtest(spark: SparkSession, task: Task, report: Report) -> Result:
    """Forecast every issue of the period. Raises :class:`conf.refusal.Refusal` for input no forecast can rest on."""
    if not task.first < task.last:
        raise inputs.BadInput(f"--to {task.last:%Y-%m-%d} does not come after --from {task.first:%Y-%m-%d}")
    sites = inputs.read_sites(task.sites) if task.sites else {}
    read = inputs.read_history(task.history, task.quantity, sites, task.decimal)
    sites, unfit = inputs.fitting(sites, read.known)
    history, refused = _recent(read, task), read.refused
    weather = inputs.read_weather(task.weather, task.quantity, task.first) if task.weather else None
    for text in (*unfit, *_late(read, history, task)):
        report(text)
    report(f"history: {history['series_id'].nunique()} series, {read.hours:,} hours")
    table = _features(spark, task, history, sites, weather).persist()
    report(f"features: {table.count():,} rows, {len(features_of(table))} features")
    names = tuple(variables(weather)) if weather is not None else ()
    levels = tuple(sorted({*task.levels, 0.5}))
    engine, tried = _try(task, table, names, {key: read.ends(key) for key in history["series_id"].unique()}, report)
    blocks: list[pd.DataFrame] = []
    for begin, end in pairwise(_retrainings(task)):
        period = (F.col("issued_at") >= F.lit(begin)) & (F.col("issued_at") < F.lit(end))
        rows = table.where(period & (F.col(WITHHELD) == 0)).persist()
        model = fit(_before(table, begin), task.quantity, names, replace(SHAPE, engine=engine), rows)
        model = proven(model, tried)
        blocks.append(predict(model, rows, levels).toPandas().assign(model=model.name))
        rows.unpersist()
        report(f"{begin:%Y-%m-%d} to {end:%Y-%m-%d}: {len(blocks[-1]):,} hours by {model.name}")
    table.unpersist()
    forecasts = pd.concat(blocks, ignore_index=True).sort_values(["series_id", "issued_at", "time"], ignore_index=True)
    unsaid = forecasts["quantiles"].isna()
    refused += [
        f"Series {key}: {count} hours without a forecast: no model, and nothing known of the fortnight before."
        for key, count in forecasts[unsaid].groupby("series_id").size().items()
    ]
    repairs = {key: own.repairs for key, own in read.known.items()}
    return Result(forecasts[~unsaid].reset_index(drop=True), levels, refused, repairs)


def _late(read: inputs.Histories, history: pd.DataFrame, task: Task) -> list[str]:
    ends = {key: read.ends(key) for key in history["series_id"].unique()}
    return [
        f"Series {key}: its history ends {end:%Y-%m-%d}, {(task.first - end).days} days before the period."
        for key, end in ends.items()
        if end <= task.first - pd.Timedelta("1D")
    ]


def _recent(read: inputs.Histories, task: Task) -> pd.DataFrame:
    """The rows of the series whose history reaches near the period; ``refused`` takes the others' reasons."""
    oldest = task.first - pd.Timedelta(days=LATEST_DAYS)
    old = [key for key in read.known if read.ends(key) < oldest]
    read.refused.extend(
        f"Series {key}: its history ends {read.ends(key):%Y-%m-%d}, more than {LATEST_DAYS} days before the period; "
        "bring a newer history, or ask for earlier days."
        for key in old
    )
    if len(old) == len(read.known):
        raise inputs.BadInput(f"{task.history}: no series to forecast. {' '.join(read.refused[:3])}")
    recent: pd.DataFrame = read.rows[~read.rows["series_id"].isin(old)]
    return recent


def _features(
    spark: SparkSession,
    task: Task,
    history: pd.DataFrame,
    sites: dict[str, Site],
    weather: pd.DataFrame | None,
) -> DataFrame:
    begin = max(history["start"].min().ceil("D"), task.first - pd.Timedelta(days=TRAIN_DAYS))
    days = pd.date_range(begin, task.last, freq="D", inclusive="left")
    stride = max(1, round(history["series_id"].nunique() * (days < task.first).sum() * HORIZON / TRAINING_ROWS))
    number = np.arange(len(days))
    order = {key: i for i, key in enumerate(sorted(history["series_id"].unique()))}

    def issues(series_id: str) -> pd.DatetimeIndex:
        answer: pd.DatetimeIndex = days[
            ((number + order[series_id]) % stride == 0) | (days >= task.first - pd.Timedelta(days=RETRAIN_DAYS))
        ]
        return answer

    frame = spark.createDataFrame(weather) if weather is not None else None
    names = variables(weather) if weather is not None else []
    return feature_table(spark.createDataFrame(history), frame, Wanted(task.quantity, issues, HORIZON, sites, names))


def _retrainings(task: Task) -> list[pd.Timestamp]:
    """Days on which models are grown, about ``RETRAIN_DAYS`` apart, and the end of the period."""
    days = (task.last - task.first).days
    count = max(1, round(days / RETRAIN_DAYS))
    return [task.first + pd.Timedelta(days=round(i * days / count)) for i in range(count + 1)]


def _before(table: DataFrame, instant: pd.Timestamp) -> DataFrame:
    return table.where(F.col("time") < F.lit(instant))


def _try(
    task: Task, table: DataFrame, names: Sequence[str], ends: Mapping[str, pd.Timestamp], report: Report
) -> tuple[str, pd.DataFrame]:
    """The engine with the least pinball loss on the last 30 known days before the period, and its predictions there.

    Each learns from what was known before those days. A series whose history ends before the period
    is tried on issues that history was withheld from. ``ends`` holds the end of each.
    """
    end = min(task.first, max(ends.values()).floor("D"))
    since = end - pd.Timedelta(days=RETRAIN_DAYS)
    late = F.col("series_id").isin(*(key for key, known_to in ends.items() if known_to < task.first))
    trial = _before(table, end).where(F.col("issued_at") >= F.lit(since))
    trial = trial.where(((F.col(WITHHELD) > 0) == late) & ~F.col(OFF)).persist()
    tried = {}
    for engine in task.engines:
        model = fit(_before(table, since), task.quantity, names, replace(TRIAL, engine=engine), trial)
        predicted = predict(model, trial, TRIAL_LEVELS).toPandas()
        tried[engine] = mean_loss(predicted, TRIAL_LEVELS), predicted
        loss = f"loss {tried[engine][0]:.4f} of the mean" if np.isfinite(tried[engine][0]) else "nothing to be tried on"
        report(f"{engine}: {loss} on the {RETRAIN_DAYS} days before")
    trial.unpersist()
    best = min(tried, key=lambda engine: tried[engine][0])
    return best, tried[best][1]
