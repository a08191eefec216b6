"""Checks of a run before it is published. A run that fails one stays invisible."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.publishing.energy_changes import PublishError
from energy.derived import CONSUMPTION
from energy.records import QUANTITIES

OURS = ("measured", "integrated")
"""Methods by which Solera itself has made a value; the others share or repeat what somebody else has stated."""
ROUNDING_MWH = 4
"""Parts shared to whole mWh each on its own may miss their balance by this much."""


def conservation(values: DataFrame) -> int:
    """consumption = generation + import − export − charge + discharge, to the mWh, in every period of readings.

    ``values`` hold one row for each installation, quantity and start; communities are left to their members. What
    others have stated is published as stated: returned is in how many periods it does not balance.
    Raises :class:`PublishError` where Solera's own arithmetic does not.
    """
    mwh = F.round(F.col("energy_wh") * 1000).cast("bigint")
    parts = [F.sum(F.when(F.col("quantity") == q, mwh)).alias(q) for q in QUANTITIES]
    ours = F.min(F.col("method").isin(*OURS)).alias("ours")
    flows = " + ".join(f"{sign} * coalesce({q}, 0)" for q, sign in CONSUMPTION.items())
    periods = (
        values.groupBy("installation_id", "start")
        .agg(*parts, ours)
        .withColumn("excess", F.expr(f"consumption - ({flows})"))
        .where("coalesce(import, export) IS NOT NULL AND excess <> 0")
        .persist()
    )
    broken = periods.where("ours").orderBy("start", "installation_id").first()
    unbalanced = periods.where(F.abs("excess") > ROUNDING_MWH).count()
    periods.unpersist()
    if broken is not None:
        raise PublishError(
            f"Energy is not conserved: consumption of {broken.installation_id} at {broken.start:%Y-%m-%dT%H:%MZ} "
            f"exceeds generation + import − export − charge + discharge by {broken.excess} mWh. "
            "The run is not published; the older one is served."
        )
    return unbalanced
