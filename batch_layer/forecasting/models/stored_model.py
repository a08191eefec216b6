"""A model in HDFS: its forests, and the data of their training and calibration."""

from __future__ import annotations

from pyspark.sql import SparkSession

from batch_layer.forecasting.models import stored_forest
from batch_layer.forecasting.models.model import Model
from batch_layer.forecasting.quantity import Quantity

_ABOUT = (
    "with_weather boolean, without boolean, variables array<string>, centre map<string,array<double>>, "
    "calibration array<double>"
)


def save(model: Model, folder: str) -> None:
    """Write the model below ``folder``, over what is there."""
    spark = SparkSession.active()
    for name, grown in (("weather", model.with_weather), ("history", model.without)):
        if grown:
            stored_forest.save(grown, f"{folder}/{name}")
    row = (
        model.with_weather is not None,
        model.without is not None,
        list(model.variables),
        {key: list(mix) for key, mix in model.centre.items()},
        [float(share) for share in model.calibration],
    )
    about = spark.createDataFrame([row], _ABOUT)
    about.coalesce(1).write.mode("overwrite").parquet(f"{folder}/about")


def load(folder: str, quantity: Quantity) -> Model:
    """The model saved in ``folder``."""
    about = SparkSession.active().read.parquet(f"{folder}/about").collect()[0]
    return Model(
        quantity,
        stored_forest.load(f"{folder}/weather") if about["with_weather"] else None,
        stored_forest.load(f"{folder}/history") if about["without"] else None,
        tuple(about["variables"]),
        {key: (line, naive) for key, (line, naive) in about["centre"].items()},
        tuple(about["calibration"]),
    )
