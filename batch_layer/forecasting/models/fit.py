"""Fits a quantity's model to the feature table."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.forecasting.features.table import HISTORY_AGE, KEYS, OFF, WITHHELD, WITHOUT_PAST
from batch_layer.forecasting.features.weather import column
from batch_layer.forecasting.features.weather import columns as weather_columns
from batch_layer.forecasting.models import forest
from batch_layer.forecasting.models.columns import known_number
from batch_layer.forecasting.models.model import Model, features_of, has_weather
from batch_layer.forecasting.models.shape import Shape
from batch_layer.forecasting.quantity import Quantity

FEWEST_ROWS = 24 * 10
"""Outcomes below which no model is grown: the naive forecast stands alone."""
FEWEST_WEATHER_DAYS = 14
"""Issues with weather below which it is not learnt from: a year of history says more than a week of skies."""
NEWCOMERS = 8
"""One row in so many is also learnt from without its past, where a plant without one is to be forecast."""


def fit(
    table: DataFrame, quantity: Quantity, variables: Sequence[str], shape: Shape, wanted: DataFrame | None = None
) -> Model:
    """A model of ``quantity`` from every row of the feature table whose outcome is known.

    The caller sees to it that only outcomes of the past are there. ``variables`` are the weather's. Where ``wanted``
    are the only rows to be forecast, a forest none of them needs is not grown.
    """
    columns = features_of(table)
    if wanted is not None and wanted.where(F.col(HISTORY_AGE) > 0).isEmpty():
        table = table.where(F.col(WITHHELD) == 0)
    rows = training_rows(_with_newcomers(table, quantity, columns, wanted)).cache()
    plain = [name for name in columns if name not in set(weather_columns(variables))]
    informed = rows.where(has_weather(variables))
    with_weather, without = _needs(wanted, variables)
    with_weather = with_weather and _enough(informed) and _days(informed) >= FEWEST_WEATHER_DAYS
    grown = forest.grow(informed, columns, shape) if with_weather else None
    general = forest.grow(rows, plain, shape) if (without or not grown) and _enough(rows) else None
    rows.unpersist()
    return Model(quantity, grown, general, tuple(variables))


def training_rows(table: DataFrame) -> DataFrame:
    """Rows whose outcome is known and worth learning, with ``target``; in an order and partitions of their own.

    Hours without sun are left out: they are zero without a model.
    """
    worth = known_number(F.col("value")) & known_number(F.col("unit")) & ~F.col("dark") & ~F.col(OFF)
    rows = table.where(worth).withColumn("target", (F.col("value") - F.col("anchor")) / F.col("unit"))
    parts = max(2, rows.sparkSession.sparkContext.defaultParallelism)
    return rows.repartition(parts, "series_id", "issued_at").sortWithinPartitions(*KEYS)


def _with_newcomers(
    table: DataFrame, quantity: Quantity, columns: Sequence[str], wanted: DataFrame | None
) -> DataFrame:
    """``table`` and, where plants without a past are to be forecast, some of its rows as if they had none."""
    newcomers = None if wanted is None else wanted.where(~F.col("dark") & ~known_number(F.col("days_28")))
    if newcomers is None or not quantity.sun or newcomers.isEmpty():
        return table
    kept = {*WITHOUT_PAST, *(name for name in columns if name.startswith(column("")))}
    some = table.where(F.pmod(F.xxhash64(*KEYS), F.lit(NEWCOMERS)) == 0)
    forgotten = [F.lit(None).cast("double").alias(name) for name in columns if name not in kept]
    return table.unionByName(some.select(*[c for c in table.columns if c not in columns or c in kept], *forgotten))


def _needs(wanted: DataFrame | None, variables: Sequence[str]) -> tuple[bool, bool]:
    """Whether rows with weather, and rows without, are to be forecast."""
    if wanted is None:
        return bool(variables), True
    lit = wanted.where(~F.col("dark"))
    return not lit.where(has_weather(variables)).isEmpty(), not lit.where(~has_weather(variables)).isEmpty()


def _enough(rows: DataFrame) -> bool:
    return rows.count() >= FEWEST_ROWS


def _days(rows: DataFrame) -> int:
    return rows.select("issued_at").distinct().count()
