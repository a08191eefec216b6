"""The record of the day-ahead forecasts of the last 30 days, beside the two naive ones.

Forecasts that earlier nights recorded count as they were recorded; days without any are hindcast by a model that had
seen nothing of them. ``basis`` says which.
"""

from __future__ import annotations

from datetime import timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.artifacts import FORECAST, HINDCASTS
from batch_layer.forecasting.issues import SKILL_DAYS
from batch_layer.forecasting.reconcile import reconcile
from batch_layer.runs import Night

YESTERDAY, LAST_WEEK = "same hour yesterday", "same hour last week"
KEYS = ["installation_id", "quantity"]
QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


def day_ahead(night: Night, parts: DataFrame) -> DataFrame:
    """Each hour of the last 30 days with its forecast, outcome and naive forecasts, in Wh, and ``basis``."""
    hindcast = reconcile(_hindcasts(night), parts).withColumn("basis", F.lit("hindcast"))
    recorded = _recorded(night)
    if recorded is None:
        return hindcast
    keys = [*KEYS, "issued_at", "time"]
    issued = recorded.select(*keys, *[F.col(c).alias(f"issued_{c}") for c in (*QUANTILES, "model")])
    rows = hindcast.join(issued, keys, "left").withColumn("was_issued", F.col("issued_p50").isNotNull())
    for name in (*QUANTILES, "model"):
        rows = rows.withColumn(name, F.when(F.col("was_issued"), F.col(f"issued_{name}")).otherwise(F.col(name)))
    basis = F.when(F.col("was_issued"), "recorded").otherwise("hindcast")
    return rows.withColumn("basis", basis).select(*hindcast.columns)


def scored(rows: DataFrame) -> DataFrame:
    """The rows whose outcome and forecasts are all known. Hours without sun are right by geometry; they would only thin
    the errors out."""
    known = [F.col(c).isNotNull() & ~F.isnan(c) for c in ("value", "p50", "naive", "last_week")]
    return rows.where(known[0] & known[1] & known[2] & known[3] & ~F.col("dark"))


def errors(rows: DataFrame) -> DataFrame:
    """Errors of :func:`day_ahead` rows by hours ahead and by month: the columns of table ``forecast_error``."""
    hours_ahead = F.date_format(F.timestamp_seconds(F.unix_timestamp("time") - F.unix_timestamp("issued_at")), "HH")
    slices = {"horizon": hours_ahead, "month": F.date_format("time", "yyyy-MM")}
    pairs = F.array(*[F.struct(F.lit(name).alias("slice_by"), of.alias("slice")) for name, of in slices.items()])
    return (
        scored(rows)
        .withColumn("cut_up", F.explode(pairs))
        .groupBy(*KEYS, "cut_up.slice_by", "cut_up.slice")
        .agg(
            F.count("*").cast("int").alias("hours"),
            F.mean(error("p50")).alias("mae_wh"),
            F.mean(error("naive")).alias("mae_yesterday_wh"),
            F.mean(error("last_week")).alias("mae_last_week_wh"),
            F.sqrt(F.mean(error("p50") ** 2)).alias("rmse_wh"),
            F.mean(F.col("p50") - F.col("value")).alias("bias_wh"),
        )
    )


def skill(rows: DataFrame) -> DataFrame:
    """Errors of :func:`day_ahead` rows by installation and quantity: the columns of table ``forecast_skill``."""
    table = (
        scored(rows)
        .groupBy(*KEYS)
        .agg(
            F.countDistinct("issued_at").cast("int").alias("days"),
            F.count("*").cast("int").alias("hours"),
            F.concat_ws("+", F.sort_array(F.collect_set("basis"))).alias("basis"),
            F.mean(error("p50")).alias("mae_wh"),
            F.mean(error("naive")).alias("mae_yesterday_wh"),
            F.mean(error("last_week")).alias("mae_last_week_wh"),
            F.sqrt(F.mean(error("p50") ** 2)).alias("rmse_wh"),
            *[F.mean(_below(q)).alias(f"coverage_{q}") for q in QUANTILES],
            F.mean(_pinball()).alias("pinball_wh"),
            F.max("model").alias("model"),
        )
    )
    naive = F.least("mae_yesterday_wh", "mae_last_week_wh")
    better = F.when(F.col("mae_yesterday_wh") <= F.col("mae_last_week_wh"), YESTERDAY).otherwise(LAST_WEEK)
    beats = F.col("mae_wh") <= naive
    return (
        table.withColumn("beats_naive", beats)
        .withColumn("published_model", F.when(beats, F.col("model")).otherwise(better))
        .drop("model")
    )


def error(name: str) -> Column:
    """The distance of column ``name`` from the outcome, Wh."""
    return F.abs(F.col("value") - F.col(name))


def _below(name: str) -> Column:
    """1 where the outcome lies below the quantile, a half where it equals it (zero at dawn)."""
    return F.when(F.col("value") < F.col(name), 1.0).when(F.col("value") == F.col(name), 0.5).otherwise(0.0)


def _pinball() -> Column:
    losses = [
        F.greatest((F.col("value") - F.col(q)) * level, (F.col("value") - F.col(q)) * (level - 1))
        for q, level in QUANTILES.items()
    ]
    return (losses[0] + losses[1] + losses[2]) / 3


def with_quantiles(predictions: DataFrame, quantity: str) -> DataFrame:
    """Predictions of the core under the platform's names; ``fixed`` marks what must not be moved."""
    return predictions.select(
        F.col("series_id").alias("installation_id"),
        F.lit(quantity).alias("quantity"),
        *[c for c in predictions.columns if c not in ("series_id", "quantiles")],
        *[F.col("quantiles")[i].alias(q) for i, q in enumerate(QUANTILES)],
        F.lit(False).alias("fixed"),
    )


def _hindcasts(night: Night) -> DataFrame:
    hindcasts = [with_quantiles(artifact.read(night), name) for name, artifact in HINDCASTS.items()]
    return hindcasts[0].unionByName(hindcasts[1])


def _recorded(night: Night) -> DataFrame | None:
    """First-day forecasts of the published runs of the last 30 days, of each hour the newest."""
    since = night.run.cut - timedelta(days=SKILL_DAYS)
    issued = FORECAST.read_of(night, night.run.published[-FORECAST.kept :])
    if issued is None:
        return None
    rows = issued.where(
        (F.col("issued_at") >= F.lit(since))
        & (F.col("issued_at") < F.lit(night.run.cut))
        & (F.col("time") < F.col("issued_at") + F.expr("INTERVAL 24 HOURS"))
    )
    return rows.dropDuplicates([*KEYS, "issued_at", "time"])
