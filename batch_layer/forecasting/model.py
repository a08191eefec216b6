"""A quantity's model: a forest for hours whose weather is known, one for hours whose weather is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.forecasting import forest
from batch_layer.forecasting.forest import Forest, Shape
from batch_layer.forecasting.quantity import Quantity
from batch_layer.forecasting.table import KEYS, NOT_FEATURES
from batch_layer.forecasting.weather import column
from batch_layer.forecasting.weather import columns as weather_columns

WEATHER, HISTORY, CLIMATOLOGY, PERSISTENCE, NIGHT = "weather", "history", "climatology", "persistence", "night"
"""The ladder: what a forecast hour rests on. ``climatology`` knows season, hour and sun but no recent history;
``persistence`` is the naive forecast itself."""
NAIVE = "same hour of the last known day"
FEWEST_ROWS = 24 * 10
"""Outcomes below which no model is grown: the naive forecast stands alone."""


@dataclass(frozen=True)
class Model:
    """Forests of one quantity; either may be missing. ``variables`` are the weather's that were learnt from."""

    quantity: Quantity
    with_weather: Forest | None
    without: Forest | None
    variables: tuple[str, ...]

    @property
    def name(self) -> str:
        """How the forecast names its maker."""
        grown = self.with_weather or self.without
        return f"quantile forest ({grown.engine})" if grown else NAIVE


def features_of(table: DataFrame) -> list[str]:
    """The columns a model may look at."""
    return [name for name in table.columns if name not in NOT_FEATURES]


def has_weather(variables: Sequence[str]) -> Column:
    """Whether an hour's own weather is known, at least by half of its variables."""
    own = [F.col(column(name)) for name in variables]
    known = sum((F.when(known_number(value), 1).otherwise(0) for value in own), start=F.lit(0))
    return known * 2 >= len(own) if own else F.lit(False)


def known_number(column: Column) -> Column:
    """Neither null nor NaN."""
    return column.isNotNull() & ~F.isnan(column)


def training_rows(table: DataFrame) -> DataFrame:
    """Rows whose outcome is known and worth learning, with ``target``; in an order and partitions of their own.

    Hours without sun are left out: they are zero without a model.
    """
    worth = known_number(F.col("value")) & known_number(F.col("scale")) & ~F.col("dark")
    rows = table.where(worth).withColumn("target", F.col("value") / F.col("scale"))
    parts = max(2, rows.sparkSession.sparkContext.defaultParallelism)
    return rows.repartition(parts, "series_id", "issued_at").sortWithinPartitions(*KEYS)


def fit(table: DataFrame, quantity: Quantity, variables: Sequence[str], engine: str, shape: Shape) -> Model:
    """A model of ``quantity`` from every row of the feature table whose outcome is known.

    The caller sees to it that only outcomes of the past are there. ``variables`` are the weather's.
    """
    rows = training_rows(table).cache()
    columns = features_of(table)
    plain = [name for name in columns if name not in set(weather_columns(variables))]
    informed = rows.where(has_weather(variables)) if variables else None
    count = rows.count()
    model = Model(
        quantity,
        forest.grow(informed, columns, engine, shape)
        if informed is not None and informed.count() >= FEWEST_ROWS
        else None,
        forest.grow(rows, plain, engine, shape) if count >= FEWEST_ROWS else None,
        tuple(variables),
    )
    rows.unpersist()
    return model


def predict(model: Model, table: DataFrame, levels: Sequence[float]) -> DataFrame:
    """Keys, ``value``, ``naive``, ``last_week``, ``dark``, ``quantiles`` and ``step`` of each row.

    ``quantiles`` is an array in the series' unit. Where no forest can speak the naive forecast stands, between the
    same hour's low and high of the last weeks; where not even that is known ``quantiles`` is null.
    """
    informed = has_weather(model.variables) if model.with_weather else F.lit(False)
    lit = known_number(F.col("scale")) & ~F.col("dark")
    table = table.withColumn("informed", informed)
    parts = [_silent(model.quantity, table.where(~lit), levels)]
    if model.with_weather:
        parts.append(_spoken(model, model.with_weather, table.where(lit & F.col("informed")), levels))
    rest = table.where(lit & ~F.col("informed"))
    parts.append(
        _spoken(model, model.without, rest, levels) if model.without else _silent(model.quantity, rest, levels)
    )
    answer = parts[0]
    for part in parts[1:]:
        answer = answer.unionByName(part)
    return answer


_ANSWER = (*KEYS, "value", "naive", "last_week", "dark")


def _spoken(model: Model, grown: Forest, rows: DataFrame, levels: Sequence[float]) -> DataFrame:
    recent = known_number(F.col("days_28"))
    step = F.when(F.col("informed"), WEATHER).when(recent, HISTORY).otherwise(CLIMATOLOGY)
    found = forest.quantiles(grown, rows.withColumn("step", step), levels)

    def bounded(q: Column) -> Column:
        value = q * F.col("scale")
        if model.quantity.floor is not None:
            value = F.greatest(value, F.lit(model.quantity.floor))
        return F.when(known_number(F.col("ceiling")), F.least(value, F.col("ceiling"))).otherwise(value)

    return found.select(*_ANSWER, F.transform("quantiles", bounded).alias("quantiles"), "step")


def _silent(quantity: Quantity, rows: DataFrame, levels: Sequence[float]) -> DataFrame:
    """Night is zero; for the rest the naive forecast, its quantiles spread from the same hour's 10 % to its 90 %."""
    low, high = (F.col(name) * F.col("scale") for name in ("low_28", "high_28"))
    below, above = (F.abs(F.coalesce(F.nanvl(edge - F.col("naive"), F.lit(0.0)), F.lit(0.0))) for edge in (low, high))
    spread = [F.col("naive") + ((level - 0.5) / 0.4) * (below if level < 0.5 else above) for level in levels]
    if quantity.floor is not None:
        spread = [F.greatest(q, F.lit(quantity.floor)) for q in spread]
    zeros = F.array(*[F.lit(0.0) for _ in levels])
    return rows.select(
        *_ANSWER,
        F.when(F.col("dark"), zeros).when(known_number(F.col("naive")), F.array(*spread)).alias("quantiles"),
        F.when(F.col("dark"), NIGHT).otherwise(PERSISTENCE).alias("step"),
    )


def save(model: Model, folder: str) -> None:
    """Write the model below ``folder``, over what is there."""
    spark = SparkSession.active()
    for name, grown in (("weather", model.with_weather), ("history", model.without)):
        if grown:
            forest.save(grown, f"{folder}/{name}")
    rows = [(model.with_weather is not None, model.without is not None, list(model.variables))]
    about = spark.createDataFrame(rows, "with_weather boolean, without boolean, variables array<string>")
    about.coalesce(1).write.mode("overwrite").parquet(f"{folder}/about")


def load(folder: str, quantity: Quantity) -> Model:
    """The model saved in ``folder``."""
    about = SparkSession.active().read.parquet(f"{folder}/about").collect()[0]
    return Model(
        quantity,
        forest.load(f"{folder}/weather") if about["with_weather"] else None,
        forest.load(f"{folder}/history") if about["without"] else None,
        tuple(about["variables"]),
    )
