"""Forecasts by a quantity's model, and the rung of the ladder that each hour rests on."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.forecasting.features.table import KEYS, OWN_LINEAR
from batch_layer.forecasting.features.weather import AGE
from batch_layer.forecasting.models import forest
from batch_layer.forecasting.models.blend import shifted
from batch_layer.forecasting.models.calibration import calibrated
from batch_layer.forecasting.models.columns import known_number
from batch_layer.forecasting.models.forest import Forest
from batch_layer.forecasting.models.model import Model, has_weather
from batch_layer.forecasting.quantity import Quantity
from energy.forecasts.ladder import CLIMATOLOGY, HISTORY, NIGHT, PERSISTENCE, WEATHER

FRESH_HOURS = 24
"""A weather issue older than this is said with its age."""


def predict(model: Model, table: DataFrame, levels: Sequence[float]) -> DataFrame:
    """Keys, ``value``, ``naive``, ``last_week``, ``dark``, ``quantiles`` and ``step`` of each row, and two medians.

    ``quantiles`` is an array in the series' unit; ``middle`` is the forest's median and ``linear`` the series' own
    model's. Where there is no forest the naive forecast stands, between the same hour's low and high of the last
    weeks; where not even that is known ``quantiles`` is null.
    """
    informed = has_weather(model.variables) if model.with_weather else F.lit(False)
    lit = known_number(F.col("unit")) & ~F.col("dark")
    linear = F.col("anchor") + F.col(OWN_LINEAR) * F.col("unit")
    table = table.withColumn("informed", informed).withColumn("linear", linear)
    parts = [_by_naive(model.quantity, table.where(~lit), levels)]
    if model.with_weather:
        parts.append(_by_forest(model, model.with_weather, table.where(lit & F.col("informed")), levels))
    rest = table.where(lit & ~F.col("informed"))
    parts.append(
        _by_forest(model, model.without, rest, levels) if model.without else _by_naive(model.quantity, rest, levels)
    )
    answer = parts[0]
    for part in parts[1:]:
        answer = answer.unionByName(part)
    return answer


_ANSWER = (*KEYS, "value", "naive", "last_week", "dark", "linear", "middle")


def _by_forest(model: Model, grown: Forest, rows: DataFrame, levels: Sequence[float]) -> DataFrame:
    recent = known_number(F.col("days_28"))
    step = F.when(F.col("informed"), _weather_step(rows)).when(recent, HISTORY).otherwise(CLIMATOLOGY)
    predicted = forest.quantiles(grown, rows.withColumn("step", step), calibrated(model, levels))
    predicted = shifted(predicted, model.centre, list(levels).index(0.5))
    median = F.col("quantiles")[list(levels).index(0.5)]
    predicted = predicted.withColumn("middle", F.col("anchor") + median * F.col("unit"))

    def bounded(q: Column) -> Column:
        value = F.col("anchor") + (q + F.col("shift")) * F.col("unit")
        if model.quantity.floor is not None:
            value = F.greatest(value, F.lit(model.quantity.floor))
        return F.when(known_number(F.col("ceiling")), F.least(value, F.col("ceiling"))).otherwise(value)

    return predicted.select(*_ANSWER, F.transform("quantiles", bounded).alias("quantiles"), "step")


def _weather_step(rows: DataFrame) -> Column:
    """``weather``, and of an old issue its age at the time of the forecast."""
    if AGE not in rows.columns:
        return F.lit(WEATHER)
    aged = F.concat(F.lit(f"{WEATHER} issued "), F.round(AGE).cast("int").cast("string"), F.lit(" h before"))
    return F.when(F.col(AGE) > FRESH_HOURS, aged).otherwise(WEATHER)


def _by_naive(quantity: Quantity, rows: DataFrame, levels: Sequence[float]) -> DataFrame:
    """Night is zero; for the rest the naive forecast, its quantiles spread from the same hour's 10 % to its 90 %."""
    low, high = (F.col("anchor") + F.col(name) * F.col("unit") for name in ("low_28", "high_28"))
    gaps = (F.col("naive") - low, high - F.col("naive"))
    below, above = (F.greatest(F.coalesce(F.nanvl(gap, F.lit(0.0)), F.lit(0.0)), F.lit(0.0)) for gap in gaps)
    spread = [F.col("naive") + ((level - 0.5) / 0.4) * (below if level < 0.5 else above) for level in levels]
    if quantity.floor is not None:
        spread = [F.greatest(q, F.lit(quantity.floor)) for q in spread]
    zeros = F.array(*[F.lit(0.0) for _ in levels])
    return rows.withColumn("middle", F.lit(None).cast("double")).select(
        *_ANSWER,
        F.when(F.col("dark"), zeros).when(known_number(F.col("naive")), F.array(*spread)).alias("quantiles"),
        F.when(F.col("dark"), NIGHT).otherwise(PERSISTENCE).alias("step"),
    )
