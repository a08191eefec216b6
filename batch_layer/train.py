"""Step 5: grow the models, try them on the last 30 days, and keep the better engine's.

Each engine first learns from what was known before those days and forecasts them (staged as ``hindcast``); the one
with the smaller error learns again from everything up to the cut and goes to ``/solera/models/<quantity>/<run_id>``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

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


def run(spark: SparkSession, settings: Settings, run: Run) -> dict[str, int]:
    """Grow, try and save the models of every quantity there is history of."""
    counts = {}
    for name, quantity in features.FORECAST.items():
        table = features.read(spark, settings, run, name).persist()
        counts[f"{name}_rows"] = table.count()
        variables = [name for name in features.WEATHER if column(name) in table.columns]
        engine, centre = _try(spark, settings, run, name, quantity, table, variables)
        model = _fit(
            settings,
            quantity,
            table.where(F.col("time") < F.lit(run.cut)),
            variables,
            engine,
            table.where(F.col("issued_at") == F.lit(run.cut)),
        )
        models.save(replace(model, centre=centre), model_folder(settings, run, name))
        table.unpersist()
    return counts


def model_folder(settings: Settings, run: Run, name: str) -> str:
    """Where a quantity's model of a run lies."""
    return settings.hdfs_path("models", name, run.run_id)


def hindcast_folder(settings: Settings, run: Run, name: str) -> str:
    """Where the forecasts of the last 30 days by a model that had not seen them lie."""
    return f"{run.staging(settings, 'hindcast')}/{name}"


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
) -> tuple[str, dict[str, float]]:
    """The engine with the least pinball loss on the last 30 days, whose hindcast stays staged, and its centre."""
    since = F.lit(run.cut - timedelta(days=features.SKILL_DAYS))
    day_ahead = table.where((F.col("issued_at") >= since) & (F.col("issued_at") < F.lit(run.cut)))
    day_ahead = day_ahead.where(F.col("horizon") < 24)
    tried: dict[str, tuple[float, Model]] = {}
    for engine in settings.forecast.engines:
        model = _fit(settings, quantity, table.where(F.col("time") < since), variables, engine, day_ahead)
        found = models.predict(model, day_ahead, LEVELS).toPandas()
        tried[engine] = mean_loss(found, LEVELS), replace(model, centre=models.proven_centre(found))
    best = min(tried, key=lambda engine: tried[engine][0])
    model = tried[best][1]
    hindcast = models.predict(model, day_ahead, LEVELS).withColumn("model", F.lit(model.name))
    hindcast.coalesce(1).write.mode("overwrite").parquet(hindcast_folder(settings, run, name))
    return best, dict(model.centre)


if __name__ == "__main__":
    from batch_layer.entry import main

    main("train")
