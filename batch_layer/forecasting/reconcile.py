"""Coherence: the parts' medians sum to the whole's.

The whole has a model of its own, and the parts have theirs; they err differently, so the middle of the whole's forecast
and the parts' sum is better than either. It is held between the sums of the parts' outer quantiles, and what the sum
lacks of it is shared in proportion to the room each part has on that side; so no quantiles cross and none leaves its
bounds.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.quarters.memberships import of_members

KEYS = ("quantity", "issued_at", "time")
WHOLE_SHARE = 0.5
"""Weight of the whole's own forecast beside the sum of the parts'."""


def reconcile(forecasts: DataFrame, parts: DataFrame) -> DataFrame:
    """``forecasts`` (installation_id, quantity, issued_at, time, p10, p50, p90, fixed) with medians that add up.

    ``parts`` says who belonged to which community when (:mod:`batch_layer.quarters.memberships`). A row whose ``fixed``
    is true is not moved; a whole that is fixed, or whose own forecast is missing, is the sum of its parts.
    """
    whole = forecasts.select(
        F.col("installation_id").alias("community_id"),
        *KEYS,
        F.col("p50").alias("whole"),
        F.col("fixed").alias("whole_fixed"),
    )
    members = of_members(forecasts, parts, "time").join(whole, ["community_id", *KEYS], "left")
    sums = Window.partitionBy("community_id", *KEYS)
    moved = (
        members.withColumn("down", F.when(F.col("fixed"), 0.0).otherwise(F.col("p50") - F.col("p10")))
        .withColumn("up", F.when(F.col("fixed"), 0.0).otherwise(F.col("p90") - F.col("p50")))
        .withColumn("sum_down", F.sum("down").over(sums))
        .withColumn("sum_up", F.sum("up").over(sums))
        .withColumn("gap", _gap(F.sum("p50").over(sums)))
        .withColumn("p50", F.col("p50") + _share())
    )
    totals = moved.groupBy(F.col("community_id").alias("installation_id"), *KEYS).agg(F.sum("p50").alias("total"))
    changed = moved.select("installation_id", *KEYS, F.col("p50").alias("total")).unionByName(totals)
    rows = forecasts.join(changed, ["installation_id", *KEYS], "left")
    median = F.coalesce("total", "p50")
    return rows.select(
        *[c for c in forecasts.columns if c not in ("p10", "p50", "p90")],
        F.least("p10", median).alias("p10"),
        median.alias("p50"),
        F.greatest("p90", median).alias("p90"),
    )


def _gap(total: Column) -> Column:
    missing = F.when(F.col("whole_fixed") | F.col("whole").isNull(), 0.0).otherwise(F.col("whole") - total)
    missing = WHOLE_SHARE * missing
    return F.greatest(F.least(missing, F.col("sum_up")), -F.col("sum_down"))


def _share() -> Column:
    upward = F.when(F.col("sum_up") > 0, F.col("gap") * F.col("up") / F.col("sum_up")).otherwise(0.0)
    downward = F.when(F.col("sum_down") > 0, F.col("gap") * F.col("down") / F.col("sum_down")).otherwise(0.0)
    return F.when(F.col("gap") >= 0, upward).otherwise(downward)
