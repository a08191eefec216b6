"""The middle of a series' forecast: the forest's median, mixed with what has proved to do it good."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.forecasting.features.table import OWN_LINEAR
from batch_layer.forecasting.models.columns import known_number

Mix = tuple[float, float]
"""Weights of a series' own line and of the naive forecast in its median; the rest is the forest's."""
FOREST_ALONE: Mix = (0.0, 0.0)
MIXES: tuple[Mix, ...] = (FOREST_ALONE, (0.5, 0.0), (1.0, 0.0), (0.0, 0.5), (1 / 3, 1 / 3))
GAIN = 0.01
"""Share of the forest's own error that another mix must save to be taken."""


def proven_centre(predictions: pd.DataFrame) -> dict[str, Mix]:
    """The one of ``MIXES`` that would have served each series best on ``predictions``; the forest alone is left out."""
    known = predictions.dropna(subset=["value", "linear", "middle", "naive"])
    mixes = {}
    for series_id, own in known[~known["dark"]].groupby("series_id"):
        errors = {mix: float((own["value"] - _mixed(own, mix)).abs().mean()) for mix in MIXES}
        best = min(MIXES, key=lambda mix: errors[mix])
        if errors[best] < (1 - GAIN) * errors[FOREST_ALONE]:
            mixes[str(series_id)] = best
    return mixes


def _mixed(own: pd.DataFrame, mix: Mix) -> pd.Series:
    line, naive = mix
    answer: pd.Series = own["middle"] * (1 - line - naive) + own["linear"] * line + own["naive"] * naive
    return answer


def shifted(predicted: DataFrame, centre: Mapping[str, Mix], median: int) -> DataFrame:
    """``predicted`` with ``shift``, by which its ``quantiles`` move, in its unit; ``median`` is the index of 0.5."""
    mixes = [(key, *mix) for key, mix in centre.items()]
    known = SparkSession.active().createDataFrame(mixes, "series_id string, of_line double, of_naive double")
    rows = predicted.join(F.broadcast(known), "series_id", "left")
    of_naive = (F.col("naive") - F.col("anchor")) / F.col("unit")
    parts = [
        F.when(known_number(other), F.coalesce(share, F.lit(0.0)) * (other - F.col("quantiles")[median])).otherwise(0.0)
        for share, other in ((F.col("of_line"), F.col(OWN_LINEAR)), (F.col("of_naive"), of_naive))
    ]
    return rows.withColumn("shift", parts[0] + parts[1])
