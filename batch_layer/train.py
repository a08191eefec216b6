"""Step 5: grow the models, try them on the last 30 days, and keep the better engine's.

Each engine grows a small forest on what was known before those days and forecasts them. The one with the smaller error
does so again in full (staged as ``hindcast``), then learns from everything up to the cut and goes to
``/solera/models/<quantity>/<run_id>``.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer import features
from batch_layer.forecasting import model as models
from batch_layer.forecasting.forest import Shape
from batch_layer.forecasting.model import Model
from batch_layer.forecasting.quantity import Quantity
from batch_layer.forecasting.scores import mean_loss
from batch_layer.forecasting.weather import column
from batch_layer.runs import Run
from conf import Settings

LEVELS = (0.1, 0.5, 0.9)
TRIAL = Shape(trees=10, depth=8)
"""Small forests tell the better engine as well as large ones do,"""
TRIAL_ROWS = 20_000
"""and so do some of the days."""


def run(spark: SparkSession, settings: Settings, run: Run) -> dict[str, int]:
    """Grow, try and save the models of every quantity there is history of."""
    # Side by side, for many of a forest's tasks are single and leave the other cores to nobody.
    with ThreadPoolExecutor(len(features.FORECAST)) as pool:
        rows = pool.map(lambda name: _train(spark, settings, run, name), features.FORECAST)
        return {f"{name}_rows": count for name, count in zip(features.FORECAST, rows, strict=True)}


def _train(spark: SparkSession, settings: Settings, run: Run, name: str) -> int:
    """Save one quantity's model; returns how many rows it could learn from."""
    quantity = features.FORECAST[name]
    table = features.read(spark, settings, run, name).persist()
    count = table.count()
    variables = [name for name in features.WEATHER if column(name) in table.columns]
    engine, tried = _try(spark, settings, run, name, quantity, table, variables)
    past = _thinned(table.where(F.col("time") < F.lit(run.cut)), run, settings.forecast.training_rows // 2)
    wanted = table.where(F.col("issued_at") == F.lit(run.cut))
    model = _fit(settings, quantity, past, variables, engine, wanted)
    models.save(replace(model, centre=tried.centre, calibration=tried.calibration), model_folder(settings, run, name))
    table.unpersist()
    return count


def model_folder(settings: Settings, run: Run, name: str) -> str:
    """Where a quantity's model of a run lies."""
    return settings.hdfs_path("models", name, run.run_id)


def hindcast_folder(settings: Settings, run: Run, name: str) -> str:
    """Where the forecasts of the last 30 days by a model that had not seen them lie."""
    return f"{run.staging(settings, 'hindcast')}/{name}"


def _thinned(table: DataFrame, run: Run, most: int) -> DataFrame:
    """``table`` with no more than about ``most`` rows of the last 30 days, whole issues of them.

    Those days stand there in full for the record; of a thousand installations they would drown the year before.
    """
    recent = F.col("issued_at") >= F.lit(_since(run))
    count = table.where(recent).count()
    return table.where(~recent | features.one_issue_in(-(-count // most))) if count > most else table


def _since(run: Run) -> datetime:
    return run.cut - timedelta(days=features.SKILL_DAYS)


def _fit(
    settings: Settings, quantity: Quantity, table: DataFrame, variables: list[str], engine: str, wanted: DataFrame
) -> Model:
    shape = Shape(trees=settings.forecast.trees, depth=settings.forecast.depth)
    return models.fit(table, quantity, variables, engine, shape, wanted)


def _try(
    spark: SparkSession,
    settings: Settings,
    run: Run,
    name: str,
    quantity: Quantity,
    table: DataFrame,
    variables: list[str],
) -> tuple[str, Model]:
    """The engine with the least pinball loss on the last 30 days, and the model whose hindcast of them is staged."""
    since = F.lit(_since(run))
    day_ahead = table.where((F.col("issued_at") >= since) & (F.col("issued_at") < F.lit(run.cut)))
    day_ahead = day_ahead.where(F.col("horizon") < 24)
    past = table.where(F.col("time") < since)
    some = _thinned(day_ahead, run, TRIAL_ROWS)
    losses = {}
    for engine in settings.forecast.engines if len(settings.forecast.engines) > 1 else ():
        small = models.fit(past, quantity, variables, engine, TRIAL, some)
        losses[engine] = mean_loss(models.predict(small, some, LEVELS).toPandas(), LEVELS)
    best = min(losses, key=lambda engine: losses[engine], default=settings.forecast.engines[0])
    model = _fit(settings, quantity, past, variables, best, day_ahead)
    model = models.proven(model, models.predict(model, day_ahead, models.LADDER).toPandas())
    hindcast = models.predict(model, day_ahead, LEVELS).withColumn("model", F.lit(model.name))
    # One file, but made by every core: coalesce would have one task forecast all.
    hindcast.repartition(1).write.mode("overwrite").parquet(hindcast_folder(settings, run, name))
    return best, model


if __name__ == "__main__":
    from batch_layer.entry import main

    main("train")
