"""How many mWh a settlement has lost or made, hour by hour and member by member: 0."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.settling.settled import PARTS


def mwh_off(settled: DataFrame, energy: DataFrame, plants: DataFrame) -> int:
    """Of the ``settled`` months, by the ``energy`` rows: assigned beside generated in each hour of a community,
    self-consumed and surplus beside assigned, self-consumed and grid beside used in each hour of a member.

    ``plants`` names what a community generates with: community_id, generation.
    """
    at = F.timestamp_seconds(F.unix_seconds("start") + F.col("pos") * 3600)
    hours = settled.select("community_id", "installation_id", "start", F.posexplode(F.arrays_zip(*PARTS))).select(
        "community_id", "installation_id", at.alias("hour"), "col.*"
    )
    known = energy.groupBy("installation_id", "quantity", F.date_trunc("hour", "start").alias("hour")).agg(
        F.sum(F.rint(F.col("energy_wh") * 1000).cast("bigint")).alias("mwh")
    )
    use = known.where("quantity = 'consumption'").select("installation_id", "hour", F.col("mwh").alias("used"))
    generated = known.where("quantity = 'generation'").selectExpr("installation_id AS generation", "hour", "mwh")
    by_member = hours.join(use, ["installation_id", "hour"]).agg(
        _off("self_consumed + surplus - assigned"), _off("self_consumed + grid - used"), F.count("*")
    )
    together = (
        hours.groupBy("community_id", "hour").agg(F.sum("assigned").alias("assigned")).join(plants, "community_id")
    )
    by_hour = together.join(generated, ["generation", "hour"]).agg(_off("assigned - mwh"), F.count("*"))
    (own, used, members), (shared, communities) = by_member.collect()[0], by_hour.collect()[0]
    # An hour that finds nothing beside it has been lost whole.
    return int(own + used + shared + (hours.count() - members) + (together.count() - communities))


def _off(difference: str) -> Column:
    return F.sum(F.abs(F.expr(difference)))
