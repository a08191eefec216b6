"""Step 3: energy of the touched days' quarter-hours, and of it only what differs from what is published.

The arithmetic is the package ``energy``'s alone; this step brings each installation's data together, calls it, and
compares. Its rows are the run's list of changes: before, after, and why. Beside them it stages the gap ledger.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer import clean
from batch_layer.incremental import affected_days
from batch_layer.quarters import energy_view, gap_ledger
from batch_layer.quarters.revisions import changes
from batch_layer.quarters.totals import STRETCHES, TOTALS, Work, community_totals, installation_totals
from batch_layer.runs import Run
from conf import Settings
from store import hdfs
from store.catalogue import Catalogue, read_catalogue


def run(spark: SparkSession, settings: Settings, run: Run) -> dict[str, int]:
    """Total the touched days and write what changed. Counts the rows, and them by reason."""
    catalogue, tasks = read_catalogue(settings), settings.spark.shuffle_partitions
    pairs = spark.read.schema(affected_days.SCHEMA).parquet(run.staging(settings, "touched"))
    communities = sorted(set(catalogue.community.values()))
    pairs = pairs.where(~F.col("installation_id").isin(communities)).persist()
    days = [row.event_day for row in pairs.select("event_day").distinct().collect()]
    published = energy_view.read_rows(spark, settings, days, run.published)

    readings = clean.read_readings(spark, settings, run)
    intervals = clean.read_intervals(spark, settings, run)
    reach = clean.read_reach(spark, settings, run)
    wanted = spark.read.schema(gap_ledger.SCHEMA).parquet(run.staging(settings, "expected"))
    work = Work(catalogue.capacity_kw, run.started, tasks)
    totals = installation_totals(pairs, readings, reach, intervals, wanted, work)
    # Without a device the ledger has nothing to say, and millions of totals need not be kept for it.
    has_ledger = run.finished["clean"]["expected_device_days"] > 0
    if has_ledger:
        totals.persist()
        of_ledger = totals.where("state IS NOT NULL").select(*_names(STRETCHES))
        of_ledger.write.mode("overwrite").parquet(run.staging(settings, "gaps"))
    staged = run.staging(settings, "energy")
    of_totals = totals.where("state IS NULL").select(*_names(TOTALS))
    changes(of_totals, published, pairs, run).write.mode("overwrite").parquet(staged)
    totals.unpersist()
    changed = spark.read.schema(f"{TOTALS}, {energy_view.CHANGE}").parquet(staged)

    community_pairs = _by_community(spark, pairs, catalogue)
    values = energy_view.newest(changed.withColumn("run_id", F.lit(run.run_id)).unionByName(published))
    together = community_totals(_of_members(spark, values, community_pairs, catalogue), tasks)
    rows = changed.unionByName(changes(together, published, community_pairs, run))
    _write(spark, settings, run, rows, days)
    pairs.unpersist()
    written = energy_view.read_rows(spark, settings, days, [run.run_id]).groupBy("why").count().collect()
    by_reason = {row["why"]: int(row["count"]) for row in written}
    return {"energy_rows": sum(by_reason.values()), **{f"energy_{why}": n for why, n in by_reason.items()}}


def _names(schema: str) -> list[str]:
    return [column.split()[0] for column in schema.split(", ")]


def _members(spark: SparkSession, catalogue: Catalogue) -> DataFrame:
    rows = sorted(catalogue.community.items())
    return F.broadcast(spark.createDataFrame(rows, "installation_id string, community_id string"))


def _by_community(spark: SparkSession, pairs: DataFrame, catalogue: Catalogue) -> DataFrame:
    """The pairs of the communities that have a touched member."""
    return (
        pairs.join(_members(spark, catalogue), "installation_id")
        .groupBy(F.col("community_id").alias("installation_id"), "event_day")
        .agg(F.max("by_reading").alias("by_reading"))
    )


def _of_members(spark: SparkSession, values: DataFrame, pairs: DataFrame, catalogue: Catalogue) -> DataFrame:
    touched_communities = pairs.select(F.col("installation_id").alias("community_id"), "event_day")
    return (
        values.where(F.col("energy_wh").isNotNull())
        .join(_members(spark, catalogue), "installation_id")
        .join(F.broadcast(touched_communities), ["community_id", "event_day"], "left_semi")
    )


def _write(spark: SparkSession, settings: Settings, run: Run, rows: DataFrame, days: list[date]) -> None:
    root = settings.hdfs_path("energy")
    for folder in hdfs.present(spark, root, (f"event_day={day}" for day in days)):
        hdfs.delete(spark, f"{root}/{folder}/run_id={run.run_id}")  # what an attempt before this one has left
    (
        rows.withColumn("run_id", F.lit(run.run_id))
        .repartition(settings.spark.shuffle_partitions, "event_day")
        .sortWithinPartitions("event_day", *energy_view.KEY)
        .write.mode("append")
        .partitionBy("event_day", "run_id")
        .parquet(root)
    )


if __name__ == "__main__":
    from batch_layer.entry import main

    main("totals")
