"""A forest grown by xgboost, on one worker or several, and the leaves that rows fall into."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql import types as T  # noqa: N812
from pyspark.sql.pandas.functions import pandas_udf
from xgboost.spark import SparkXGBRegressor

from batch_layer.forecasting.models.shape import SEED, Shape

ROWS_A_WORKER = 250_000
"""Rows below which one xgboost worker grows the forest, so that the forest depends on nothing but its rows."""
MAX_BIN = 128

logging.getLogger("XGBoost-PySpark").setLevel(logging.WARNING)


def workers(rows: DataFrame) -> int:
    """The number of workers that grow a forest of ``rows``."""
    return min(1 + rows.count() // ROWS_A_WORKER, rows.sparkSession.sparkContext.defaultParallelism)


def grow(rows: DataFrame, columns: Sequence[str], shape: Shape) -> bytes:
    """xgboost's forest as it saves it (UBJSON). One worker needs no other, so it opens no port to be found by."""
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
    count = workers(rows)
    return _grown_alone(rows, list(columns), growth) if count == 1 else _grown_by(count, rows, list(columns), growth)


def _grown_by(count: int, rows: DataFrame, names: list[str], growth: dict[str, Any]) -> bytes:
    estimator = SparkXGBRegressor(
        features_col=names,
        label_col="target",
        num_workers=count,
        n_estimators=1,
        random_state=SEED,
        verbose=False,
        **growth,
    )
    return bytes(estimator.fit(rows).get_booster().save_raw("ubj"))


def _grown_alone(rows: DataFrame, names: list[str], growth: dict[str, Any]) -> bytes:
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


def leaf_numbers(trees: bytes, columns: Sequence[str]) -> Column:
    """The number of the leaf a row falls into, a tree."""
    names = list(columns)

    def predict(batches: Iterator[pd.DataFrame]) -> Iterator[pd.Series]:
        import xgboost

        booster = xgboost.Booster(model_file=bytearray(trees))
        booster.set_param({"nthread": 1})
        for batch in batches:
            known = xgboost.DMatrix(batch[names].to_numpy(dtype=np.float32), feature_names=names)
            leaves = booster.predict(known, pred_leaf=True)
            yield pd.Series(list(leaves.astype(np.int32)), index=batch.index)

    number = pandas_udf(predict, T.ArrayType(T.IntegerType()))  # type: ignore[call-overload]
    answer: Column = number(F.struct(*names))
    return answer
