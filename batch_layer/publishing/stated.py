"""Statements of others that this run's archive has brought: official totals, and known prices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.master import dataset
from batch_layer.runs import Night
from energy.statements.intervals import FIELDS

OFFICIAL_KEY = ("installation_id", "month", "start", "meter_id", "end", "source", "known_at", "method")


def official(night: Night, days: Iterable[date]) -> DataFrame:
    """Rows of table ``official``: the statements of these UTC days; one known later stands beside the older.

    Of two statements that are known at once the greater energy stands, as in ``energy.statements``; where an energy is
    not stated the field is null.
    """
    return (
        dataset.read(night.spark, night.settings, "intervals", days)
        .withColumn("month", F.trunc("start", "month"))
        .groupBy(*OFFICIAL_KEY)
        .agg(*[F.max(name).alias(name) for name in FIELDS])
    )


def known_prices(night: Night, days: Iterable[date]) -> DataFrame:
    """Rows of table ``price``: the prices of these UTC days; every accepted one has its row."""
    key = ("market", "zone", "day", "start", "known_at", "end", "provider")
    return (
        dataset.read(night.spark, night.settings, "prices", days)
        .withColumn("day", F.col("event_day"))
        .groupBy(*key)
        .agg(F.max("price_eur_mwh").alias("price_eur_mwh"))
        .select(*key, "price_eur_mwh", F.lit("known").alias("kind"))
    )
