"""A quantity's model: a forest for hours whose weather is known, one for hours whose weather is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.forecasting.features.table import (
    HISTORY_AGE,
    KEYS,
    NOT_FEATURES,
    OFF,
    OWN_LINEAR,
    WITHHELD,
    WITHOUT_PAST,
)
from batch_layer.forecasting.features.weather import AGE, column
from batch_layer.forecasting.features.weather import columns as weather_columns
from batch_layer.forecasting.models import forest
from batch_layer.forecasting.models.blend import Mix, proven_centre, shifted
from batch_layer.forecasting.models.columns import known_number
from batch_layer.forecasting.models.forest import Forest, Shape
from batch_layer.forecasting.quantity import Quantity
from batch_layer.forecasting.scores import coverage

WEATHER, HISTORY, CLIMATOLOGY, PERSISTENCE, NIGHT = "weather", "history", "climatology", "persistence", "night"
"""The ladder: what a forecast hour rests on. ``weather`` says the age of an old issue; ``climatology`` knows season,
hour and sun but no recent history; ``persistence`` is the naive forecast itself."""
NAIVE = "same hour of the last known day"
LADDER = tuple(round(0.05 * i, 2) for i in range(1, 20))
"""Levels at which a model is tried; the middle one is the median."""
TRUST = 0.75
"""How far a month's calibration is trusted: its days are few and alike."""
FEWEST_ROWS = 24 * 10
"""Outcomes below which no model is grown: the naive forecast stands alone."""
FEWEST_WEATHER_DAYS = 14
"""Issues with weather below which it is not learnt from: a year of history says more than a week of skies."""
NEWCOMERS = 8
"""One row in so many is also learnt from without its past, where a plant without one is to be forecast."""
FRESH_HOURS = 24
"""A weather issue older than this is said with its age."""


@dataclass(frozen=True)
class Model:
    """Forests of one quantity; either may be missing. ``variables`` are the weather's that were learnt from.
    ``centre`` holds the one of ``MIXES`` that a series' median is made by, where it is not the forest's alone.
    ``calibration`` are the shares of outcomes that lay below the quantiles at ``LADDER`` when the forest was tried.
    """

    quantity: Quantity
    with_weather: Forest | None
    without: Forest | None
    variables: tuple[str, ...]
    centre: Mapping[str, Mix] = field(default_factory=dict)
    calibration: tuple[float, ...] = ()

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


def training_rows(table: DataFrame) -> DataFrame:
    """Rows whose outcome is known and worth learning, with ``target``; in an order and partitions of their own.

    Hours without sun are left out: they are zero without a model.
    """
    worth = known_number(F.col("value")) & known_number(F.col("unit")) & ~F.col("dark") & ~F.col(OFF)
    rows = table.where(worth).withColumn("target", (F.col("value") - F.col("anchor")) / F.col("unit"))
    parts = max(2, rows.sparkSession.sparkContext.defaultParallelism)
    return rows.repartition(parts, "series_id", "issued_at").sortWithinPartitions(*KEYS)


def fit(
    table: DataFrame,
    quantity: Quantity,
    variables: Sequence[str],
    engine: str,
    shape: Shape,
    wanted: DataFrame | None = None,
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
    grown = forest.grow(informed, columns, engine, shape) if with_weather else None
    general = forest.grow(rows, plain, engine, shape) if (without or not grown) and _enough(rows) else None
    rows.unpersist()
    return Model(quantity, grown, general, tuple(variables))


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


def predict(model: Model, table: DataFrame, levels: Sequence[float]) -> DataFrame:
    """Keys, ``value``, ``naive``, ``last_week``, ``dark``, ``quantiles`` and ``step`` of each row, and two medians.

    ``quantiles`` is an array in the series' unit; ``middle`` is the forest's median and ``linear`` the series' own
    model's. Where no forest can speak the naive forecast stands, between the same hour's low and high of the last
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
    found = forest.quantiles(grown, rows.withColumn("step", step), calibrated(model, levels))
    found = shifted(found, model.centre, list(levels).index(0.5))
    median = F.col("quantiles")[list(levels).index(0.5)]
    found = found.withColumn("middle", F.col("anchor") + median * F.col("unit"))

    def bounded(q: Column) -> Column:
        value = F.col("anchor") + (q + F.col("shift")) * F.col("unit")
        if model.quantity.floor is not None:
            value = F.greatest(value, F.lit(model.quantity.floor))
        return F.when(known_number(F.col("ceiling")), F.least(value, F.col("ceiling"))).otherwise(value)

    return found.select(*_ANSWER, F.transform("quantiles", bounded).alias("quantiles"), "step")


def _weather_step(rows: DataFrame) -> Column:
    """``weather``, and of an old issue its age at the time of the forecast."""
    if AGE not in rows.columns:
        return F.lit(WEATHER)
    aged = F.concat(F.lit(f"{WEATHER} issued "), F.round(AGE).cast("int").cast("string"), F.lit(" h before"))
    return F.when(F.col(AGE) > FRESH_HOURS, aged).otherwise(WEATHER)


def proven(model: Model, tried: pd.DataFrame) -> Model:
    """``model`` centred and calibrated by ``tried``: its like's predictions at ``LADDER`` of days it had not seen."""
    return replace(model, centre=proven_centre(tried), calibration=tuple(coverage(tried, LADDER)))


def calibrated(model: Model, levels: Sequence[float]) -> list[float]:
    """Levels to ask the forest for, so that as many outcomes lie below as ``levels`` say.

    Forests blur, so their quantiles lie too far out. Only the spread is corrected, not the median, whose error
    changes with the season.
    """
    if not model.calibration:
        return list(levels)
    seen = np.maximum.accumulate(np.array([0.0, *model.calibration, 1.0]))
    ask = np.interp([0.5, *levels], seen, [0.0, *LADDER, 1.0])
    wanted = np.asarray(levels)
    return list(np.clip(wanted + TRUST * (ask[1:] - ask[0] + 0.5 - wanted), 0.0, 1.0))


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
