"""The members of each community over time, beside rows of energy and of forecasts."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from store.history.memberships import Membership


def frame(spark: SparkSession, memberships: Sequence[Membership]) -> DataFrame:
    """Columns installation_id, community_id, joined, left_at (UTC); small, sent to every task."""
    columns = "installation_id string, community_id string, joined timestamp, left_at timestamp"
    return F.broadcast(spark.createDataFrame(list(memberships), columns))


def of_members(rows: DataFrame, memberships: DataFrame, at: str) -> DataFrame:
    """``rows`` of members, each with the ``community_id`` that its installation belonged to at its instant ``at``."""
    belongs = (F.col("joined") <= F.col(at)) & (F.col(at) < F.col("left_at"))
    return rows.join(memberships, "installation_id").where(belongs).drop("joined", "left_at")
