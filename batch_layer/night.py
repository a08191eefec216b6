"""What every step of a night works with."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import SparkSession

from batch_layer.runs import Run
from conf import Settings


@dataclass(frozen=True)
class Night:
    """One night at work: the Spark session, the settings, and the run that its rows bear."""

    spark: SparkSession
    settings: Settings
    run: Run
