"""Quantile regression forest on Spark: a forest grown by MLlib or xgboost, its leaves remembering outcomes.

A forest's prediction is the mean of the leaves a row falls into; the outcomes kept in those leaves give its whole
distribution, so every quantile comes from one model and none cross (Meinshausen, "Quantile Regression Forests",
JMLR 7, 2006). Of each leaf ``KEPT`` evenly spaced outcomes are kept, which is what keeps the model small.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.ml.regression import RandomForestRegressionModel, RandomForestRegressor
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql import types as T  # noqa: N812
from pyspark.sql.pandas.functions import pandas_udf
from xgboost.spark import SparkXGBRegressor

from batch_layer.forecasting.models.leaves import KEPT, kept_outcomes, leaf_quantiles

MLLIB, XGBOOST = "mllib", "xgboost"
UNKNOWN = -9.0
"""What MLlib's trees see where a feature is not known; below every known one, so that a split can tell."""
ROWS_A_WORKER = 250_000
"""Below, one xgboost worker grows the forest: what it grows then depends on nothing but its rows."""
SEED = 20
MAX_BIN = 128

logging.getLogger("XGBoost-PySpark").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Shape:
    """How large a forest grows."""

    trees: int = 60
    depth: int = 12
    leaf: int = 5
    features: float = 0.33
    sample: float = 0.63


@dataclass(frozen=True)
class Forest:
    """A grown forest: ``outcomes[tree, leaf]`` are the kept outcomes, in the target's unit.

    ``model`` is MLlib's model, or xgboost's trees as bytes.
    """

    engine: str
    columns: tuple[str, ...]
    model: Any
    outcomes: NDArray[Any]


def grow(table: DataFrame, columns: Sequence[str], engine: str, shape: Shape) -> Forest:
    """Grow a forest on ``columns`` of ``table`` for its column ``target``, unknown features null or NaN.

    The same rows give the same forest; with MLlib, where they also lie in the same partitions.
    """
    rows = _prepared(table, columns, engine, "target")
    if engine == XGBOOST:
        # Its workers start together, which Spark refuses to coalesced rows; sorted, they learn the same in any order.
        rows = rows.repartition(_workers(rows)).sortWithinPartitions("target", *columns)
    rows = rows.cache()
    model = _random_forest(shape).fit(rows) if engine == MLLIB else _boosted(rows, columns, shape)
    leaves = _leaves(rows, columns, engine, model).select("target", "leaf").toPandas()
    rows.unpersist()
    outcomes = kept_outcomes(np.stack(leaves["leaf"].tolist()), leaves["target"].to_numpy(dtype=float))
    return Forest(engine, tuple(columns), model, outcomes)


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


def _boosted(rows: DataFrame, columns: Sequence[str], shape: Shape) -> bytes:
    """xgboost's forest as it saves it (UBJSON). One worker needs no other, so it opens no port to be found by."""
    names = list(columns)
    growth: dict[str, Any] = {
        "num_parallel_tree": shape.trees,
        "max_depth": shape.depth,
        "min_child_weight": shape.leaf,
        "colsample_bynode": shape.features,
        "subsample": shape.sample,
        "learning_rate": 1.0,
        "reg_lambda": 0.0,
        "tree_method": "hist",
        "max_bin": MAX_BIN,
        "verbosity": 0,
    }
    workers = _workers(rows)
    if workers > 1:
        estimator = SparkXGBRegressor(
            features_col=names,
            label_col="target",
            num_workers=workers,
            n_estimators=1,
            random_state=SEED,
            verbose=False,
            **growth,
        )
        return bytes(estimator.fit(rows).get_booster().save_raw("ubj"))

    def alone(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        import xgboost

        known = pd.concat(list(batches), ignore_index=True)
        matrix = xgboost.QuantileDMatrix(
            known[names].to_numpy(dtype=np.float32),
            known["target"].to_numpy(dtype=np.float32),
            feature_names=names,
            max_bin=MAX_BIN,
            nthread=1,
        )
        trees = xgboost.train({**growth, "seed": SEED, "nthread": 1}, matrix, num_boost_round=1)
        yield pd.DataFrame({"trees": [bytes(trees.save_raw("ubj"))]})

    return bytes(rows.mapInPandas(alone, "trees binary").collect()[0]["trees"])


def _workers(rows: DataFrame) -> int:
    return min(1 + rows.count() // ROWS_A_WORKER, rows.sparkSession.sparkContext.defaultParallelism)


def _leaves(rows: DataFrame, columns: Sequence[str], engine: str, model: Any) -> DataFrame:
    """``rows`` with ``leaf``: the number of the leaf it falls into, a tree."""
    if engine == MLLIB:
        leaf = vector_to_array(F.col("leaf_vector")).cast("array<int>")
        answer: DataFrame = model.transform(rows).withColumn("leaf", leaf).drop("leaf_vector", "prediction", "features")
        return answer
    names = list(columns)

    def predict(batches: Iterator[pd.DataFrame]) -> Iterator[pd.Series]:
        import xgboost

        trees = xgboost.Booster(model_file=bytearray(model))
        trees.set_param({"nthread": 1})
        for batch in batches:
            known = xgboost.DMatrix(batch[names].to_numpy(dtype=np.float32), feature_names=names)
            found = trees.predict(known, pred_leaf=True)
            yield pd.Series(list(found.astype(np.int32)), index=batch.index)

    number = pandas_udf(predict, T.ArrayType(T.IntegerType()))  # type: ignore[call-overload]
    return rows.withColumn("leaf", number(F.struct(*names)))


def save(forest: Forest, folder: str) -> None:
    """Write the forest below ``folder`` (any URI Spark knows), over what is there."""
    spark = SparkSession.active()
    if forest.engine == MLLIB:
        forest.model.write().overwrite().save(f"{folder}/trees")
    else:
        trees_alone = spark.createDataFrame([(forest.model,)], "trees binary")
        trees_alone.coalesce(1).write.mode("overwrite").parquet(f"{folder}/trees")
    trees, leaves, _ = forest.outcomes.shape
    frame = pd.DataFrame(
        {
            "tree": np.repeat(np.arange(trees), leaves),
            "leaf": np.tile(np.arange(leaves), trees),
            "outcomes": forest.outcomes.reshape(trees * leaves, KEPT).tolist(),
        }
    )
    frame = frame[~np.isnan(forest.outcomes[:, :, 0]).ravel()]
    kept = spark.createDataFrame(frame, "tree int, leaf int, outcomes array<float>")
    kept.coalesce(1).write.mode("overwrite").parquet(f"{folder}/outcomes")
    about = spark.createDataFrame([(forest.engine, list(forest.columns))], "engine string, columns array<string>")
    about.coalesce(1).write.mode("overwrite").parquet(f"{folder}/about")


def load(folder: str) -> Forest:
    """The forest saved in ``folder``."""
    spark = SparkSession.active()
    about = spark.read.parquet(f"{folder}/about").collect()[0]
    if about["engine"] == MLLIB:
        model: Any = RandomForestRegressionModel.load(f"{folder}/trees")
    else:
        model = bytes(spark.read.parquet(f"{folder}/trees").collect()[0]["trees"])
    frame = spark.read.parquet(f"{folder}/outcomes").toPandas()
    shape = (int(frame["tree"].max()) + 1, int(frame["leaf"].max()) + 1, KEPT)
    outcomes = np.full(shape, np.nan, dtype=np.float32)
    outcomes[frame["tree"], frame["leaf"]] = np.stack(frame["outcomes"].tolist())
    return Forest(about["engine"], tuple(about["columns"]), model, outcomes)
