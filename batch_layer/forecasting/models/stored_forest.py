"""A forest in HDFS: its trees, and the outcomes that their leaves keep."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pyspark.ml.regression import RandomForestRegressionModel
from pyspark.sql import SparkSession

from batch_layer.forecasting.models.forest import Forest
from batch_layer.forecasting.models.leaves import KEPT
from batch_layer.forecasting.models.shape import MLLIB


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
