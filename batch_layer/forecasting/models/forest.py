"""Quantile regression forest on Spark: a forest grown by MLlib or xgboost, its leaves remembering outcomes.

A forest's prediction is the mean of the leaves a row falls into; the outcomes kept in those leaves give its whole
distribution, so every quantile comes from one model and none cross (Meinshausen, "Quantile Regression Forests",
JMLR 7, 2006). Of each leaf ``KEPT`` evenly spaced outcomes are kept, which is what keeps the model small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.ml.regression import RandomForestRegressor
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql import types as T  # noqa: N812
from pyspark.sql.pandas.functions import pandas_udf

from batch_layer.forecasting.models import boosted
from batch_layer.forecasting.models.leaves import kept_outcomes, leaf_quantiles
from batch_layer.forecasting.models.shape import MLLIB, SEED, XGBOOST, Shape

UNKNOWN = -9.0
"""The value of an unknown feature in MLlib's trees: below every known one, so that a split can tell them apart."""


@dataclass(frozen=True)
class Forest:
    """A grown forest: ``outcomes[tree, leaf]`` are the kept outcomes, in the target's unit.

    ``model`` is MLlib's model, or xgboost's trees as bytes.
    """

    engine: str
    columns: tuple[str, ...]
    model: Any
    outcomes: NDArray[Any]


def grow(table: DataFrame, columns: Sequence[str], shape: Shape) -> Forest:
    """Grow a forest on ``columns`` of ``table`` for its column ``target``, unknown features null or NaN.

    The same rows give the same forest; with MLlib, where they also lie in the same partitions.
    """
    rows = _prepared(table, columns, shape.engine, "target")
    if shape.engine == XGBOOST:
        # Its workers start together, which Spark refuses to coalesced rows; sorted, they learn the same in any order.
        rows = rows.repartition(boosted.workers(rows)).sortWithinPartitions("target", *columns)
    rows = rows.cache()
    model = _random_forest(shape).fit(rows) if shape.engine == MLLIB else boosted.grow(rows, columns, shape)
    leaves = _leaves(rows, columns, shape.engine, model).select("target", "leaf").toPandas()
    rows.unpersist()
    outcomes = kept_outcomes(np.stack(leaves["leaf"].tolist()), leaves["target"].to_numpy(dtype=float))
    return Forest(shape.engine, tuple(columns), model, outcomes)


def quantiles(forest: Forest, table: DataFrame, levels: Sequence[float]) -> DataFrame:
    """``table`` with ``quantiles``, an array of the target's quantiles at ``levels``."""
    outcomes = forest.outcomes
    at = np.asarray(levels, dtype=float)

    def of_leaves(leaf: pd.Series) -> pd.Series:
        answer: pd.Series = pd.Series(list(leaf_quantiles(outcomes, np.stack(leaf.tolist()), at)), index=leaf.index)
        return answer

    distribution = pandas_udf(of_leaves, T.ArrayType(T.DoubleType()))  # type: ignore[call-overload]
    rows = _prepared(table, forest.columns, forest.engine, *table.columns)
    leaves = _leaves(rows, forest.columns, forest.engine, forest.model)
    return leaves.select(*table.columns, distribution("leaf").alias("quantiles"))


def _prepared(table: DataFrame, columns: Sequence[str], engine: str, *keep: str) -> DataFrame:
    if engine == XGBOOST:
        return table.select(*dict.fromkeys([*keep, *columns]))
    known = [F.coalesce(F.nanvl(F.col(c), F.lit(None)), F.lit(UNKNOWN)).alias(f"known_{c}") for c in columns]
    assembler = VectorAssembler(inputCols=[f"known_{c}" for c in columns], outputCol="features")
    return assembler.transform(table.select(*keep, *known)).select(*keep, "features")


def _random_forest(shape: Shape) -> RandomForestRegressor:
    return RandomForestRegressor(
        featuresCol="features",
        labelCol="target",
        leafCol="leaf_vector",
        numTrees=shape.trees,
        maxDepth=shape.depth,
        minInstancesPerNode=shape.leaf,
        featureSubsetStrategy=str(shape.features),
        subsamplingRate=shape.sample,
        maxMemoryInMB=256,
        seed=SEED,
    )


def _leaves(rows: DataFrame, columns: Sequence[str], engine: str, model: Any) -> DataFrame:
    """``rows`` with ``leaf``: the number of the leaf it falls into, a tree."""
    if engine == MLLIB:
        leaf = vector_to_array(F.col("leaf_vector")).cast("array<int>")
        answer: DataFrame = model.transform(rows).withColumn("leaf", leaf).drop("leaf_vector", "prediction", "features")
        return answer
    return rows.withColumn("leaf", boosted.leaf_numbers(model, columns))
