"""Grow the models, try them on the last 30 days, and keep the better engine's.

Each engine grows a small forest on what was known before those days and forecasts them. The one with the smaller error
does so again in full (the hindcast), then learns from everything up to the cut and is the night's model.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.artifacts import FEATURES, HINDCASTS, MODELS
from batch_layer.forecasting.features.table import OFF, WITHHELD
from batch_layer.forecasting.features.weather import column
from batch_layer.forecasting.issues import FORECAST, LEVELS, SKILL_DAYS, WEATHER, one_issue_in
from batch_layer.forecasting.models import stored_model
from batch_layer.forecasting.models.calibration import TRIAL_LEVELS, proven
from batch_layer.forecasting.models.fit import fit
from batch_layer.forecasting.models.model import Model
from batch_layer.forecasting.models.predict import predict
from batch_layer.forecasting.models.shape import Shape
from batch_layer.forecasting.quantity import Quantity
from batch_layer.forecasting.scores import mean_loss
from batch_layer.runs import Night, Outcome, Run
from conf import Settings

TRIAL = Shape(trees=10, depth=8)
"""Small forests tell the better engine as well as large ones do,"""
TRIAL_ROWS = 20_000
"""and so do some of the days."""


def run(night: Night) -> Outcome:
    """Grow, try and save the models of every quantity there is history of."""
    # Side by side, for many of a forest's tasks are single and leave the other cores to nobody.
    with ThreadPoolExecutor(len(FORECAST)) as pool:
        rows = pool.map(lambda name: _train(night, name), FORECAST)
        return Outcome({f"{name}_rows": count for name, count in zip(FORECAST, rows, strict=True)})


def _train(night: Night, name: str) -> int:
    """Save one quantity's model; returns how many rows it could learn from."""
    quantity = FORECAST[name]
    table = FEATURES[name].read(night).persist()
    count = table.count()
    variables = [name for name in WEATHER if column(name) in table.columns]
    engine, tried = _try(night, name, quantity, table, variables)
    past = _thinned(
        table.where(F.col("time") < F.lit(night.run.cut)), night.run, night.settings.forecast.training_rows // 2
    )
    wanted = table.where(F.col("issued_at") == F.lit(night.run.cut))
    model = fit(past, quantity, variables, _shape(night.settings, engine), wanted)
    stored_model.save(
        replace(model, centre=tried.centre, calibration=tried.calibration),
        MODELS[name].folder(night),
    )
    table.unpersist()
    return count


def _thinned(table: DataFrame, run: Run, most: int) -> DataFrame:
    """``table`` with no more than about ``most`` rows of the last 30 days, whole issues of them.

    Those days stand there in full for the record; of a thousand installations they would drown the year before.
    """
    recent = F.col("issued_at") >= F.lit(_since(run))
    count = table.where(recent).count()
    return table.where(~recent | one_issue_in(-(-count // most))) if count > most else table


def _since(run: Run) -> datetime:
    return run.cut - timedelta(days=SKILL_DAYS)


def _shape(settings: Settings, engine: str) -> Shape:
    return Shape(engine, settings.forecast.trees, settings.forecast.depth)


def _try(night: Night, name: str, quantity: Quantity, table: DataFrame, variables: list[str]) -> tuple[str, Model]:
    """The engine with the least pinball loss on the last 30 days, and the model whose hindcast of them is staged."""
    since = F.lit(_since(night.run))
    day_ahead = table.where((F.col("issued_at") >= since) & (F.col("issued_at") < F.lit(night.run.cut)))
    day_ahead = day_ahead.where((F.col("horizon") < 24) & (F.col(WITHHELD) == 0) & ~F.col(OFF))
    past = table.where(F.col("time") < since)
    some = _thinned(day_ahead, night.run, TRIAL_ROWS)
    losses = {}
    for engine in night.settings.forecast.engines if len(night.settings.forecast.engines) > 1 else ():
        small = fit(past, quantity, variables, replace(TRIAL, engine=engine), some)
        losses[engine] = mean_loss(predict(small, some, LEVELS).toPandas(), LEVELS)
    best = min(losses, key=lambda engine: losses[engine], default=night.settings.forecast.engines[0])
    model = fit(past, quantity, variables, _shape(night.settings, best), day_ahead)
    model = proven(model, predict(model, day_ahead, TRIAL_LEVELS).toPandas())
    hindcast = predict(model, day_ahead, LEVELS).withColumn("model", F.lit(model.name))
    # One file, but made by every core: coalesce would have one task forecast all.
    HINDCASTS[name].write(night, hindcast.repartition(1))
    return best, model


if __name__ == "__main__":
    from batch_layer.entry import main

    main("train")
