"""Energy of the affected days' quarter-hours, and of it only what differs from what is published.

The arithmetic is the package ``energy``'s alone; this step brings each installation's data together, calls it, and
compares. Its rows are the run's list of changes: before, after, and why. Beside them it stages the gap ledger.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer import artifacts
from batch_layer.publishing import checks
from batch_layer.quarters import energy_view, memberships
from batch_layer.quarters.arrow_rows import STRETCHES, TOTALS
from batch_layer.quarters.revisions import by_day, revisions
from batch_layer.quarters.totals import Evidence, Work, community_totals, installation_totals
from batch_layer.runs import Night, Outcome
from store.catalogue import Catalogue, read_catalogue


def run(night: Night) -> Outcome:
    """Total the affected days and write what changed. Counts the rows, and them by reason."""
    catalogue = read_catalogue(night.settings)
    communities = sorted(catalogue.communities)
    affected = artifacts.AFFECTED.read(night).persist()
    pairs = affected.where(~F.col("installation_id").isin(communities)).persist()
    days = [row.event_day for row in affected.select("event_day").distinct().collect()]
    published = energy_view.read_rows(night.spark, night.settings, days, night.run.published)
    changed = _own(night, pairs, published, catalogue)
    together = _by_community(night.spark, pairs, affected, catalogue)
    rows = changed.unionByName(_of_communities(night, together, published, changed, catalogue))
    energy_view.write_changes(night, rows, days)
    pairs.unpersist()
    affected.unpersist()
    artifacts.CHANGES.write(night, by_day(night, days))
    values = energy_view.read_values(night.spark, night.settings, days, night.run.sources)
    unbalanced = checks.conservation(values.where(~F.col("installation_id").isin(communities)))
    written = energy_view.read_rows(night.spark, night.settings, days, [night.run.run_id])
    by_reason = {row["why"]: int(row["count"]) for row in written.groupBy("why").count().collect()}
    return Outcome(
        {
            "energy_rows": sum(by_reason.values()),
            **{f"energy_{why}": count for why, count in by_reason.items()},
            "unbalanced_statements": unbalanced,
        }
    )


def _own(night: Night, pairs: DataFrame, published: DataFrame, catalogue: Catalogue) -> DataFrame:
    """The installations' own totals that differ from the published ones; hands on the gap ledger of their readings."""
    totals = installation_totals(
        Evidence(
            pairs,
            artifacts.READINGS.read(night),
            artifacts.REACH.read(night),
            artifacts.INTERVALS.read(night),
            artifacts.EXPECTED.read(night),
        ),
        Work(catalogue.limits, night.run.started, night.settings.spark.shuffle_partitions),
    )
    # Without a device the ledger has nothing to say, and millions of totals need not be kept for it.
    has_ledger = night.run.finished["clean"]["expected_device_days"] > 0
    ledger = artifacts.GAPS.nothing(night)
    if has_ledger:
        totals.persist()
        of_ledger = totals.where("state IS NOT NULL").select(*_names(STRETCHES))
        ledger = of_ledger.withColumnRenamed("event_day", "day").withColumn("month", F.trunc("day", "month"))
    artifacts.GAPS.write(night, ledger)
    artifacts.TOTALS.write(
        night, revisions(totals.where("state IS NULL").select(*_names(TOTALS)), published, pairs, night.run)
    )
    totals.unpersist()
    return artifacts.TOTALS.read(night)


def _of_communities(
    night: Night, pairs: DataFrame, published: DataFrame, changed: DataFrame, catalogue: Catalogue
) -> DataFrame:
    """The totals of the communities and days ``pairs`` that differ from the published ones."""
    spark, tasks = night.spark, night.settings.spark.shuffle_partitions
    values = energy_view.newest(changed.withColumn("run_id", F.lit(night.run.run_id)).unionByName(published))
    together = community_totals(_of_members(spark, values, pairs, catalogue), catalogue.memberships, tasks)
    return revisions(together, published, pairs, night.run)


def _names(schema: str) -> list[str]:
    return [column.split()[0] for column in schema.split(", ")]


def _by_community(spark: SparkSession, pairs: DataFrame, affected: DataFrame, catalogue: Catalogue) -> DataFrame:
    """The communities and days that have an affected member, or are themselves among the ``affected``."""
    of_members = (
        pairs.join(memberships.frame(spark, catalogue.memberships), "installation_id")
        .where("joined < event_day + INTERVAL 1 DAY AND event_day < left_at")
        .select(F.col("community_id").alias("installation_id"), "event_day", "by_reading")
    )
    own = affected.where(F.col("installation_id").isin(sorted(catalogue.communities)))
    return (
        of_members.unionByName(own).groupBy("installation_id", "event_day").agg(F.max("by_reading").alias("by_reading"))
    )


def _of_members(spark: SparkSession, values: DataFrame, pairs: DataFrame, catalogue: Catalogue) -> DataFrame:
    affected_communities = pairs.select(F.col("installation_id").alias("community_id"), "event_day")
    known = values.where(F.col("energy_wh").isNotNull())
    return memberships.of_members(known, memberships.frame(spark, catalogue.memberships), "start").join(
        F.broadcast(affected_communities), ["community_id", "event_day"], "left_semi"
    )


if __name__ == "__main__":
    from batch_layer.entry import main

    main("totals")
