"""Step 9, the last: the run's rows into Cassandra, checked, and then, in one row, made visible.

Every row carries the run's id, and a reader takes only runs whose row in table ``run`` says *published*. So a run
that is killed here leaves what was served before, and doing it again writes the same rows over themselves.
"""

from __future__ import annotations

from datetime import date, datetime, timezone

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer import prices
from batch_layer.incremental import affected_days, device_days
from batch_layer.master import dataset
from batch_layer.publishing import checks, provenance, silent_devices
from batch_layer.quarters import energy_view
from batch_layer.runs import Run
from conf import Settings
from store import cassandra, hdfs
from store.catalogue import read_catalogue
from store.runs import NIGHTLY

ALARM = "alarm"
"""Is no run's own: it stands from night to night until one clears it."""
STAGED = (
    ("forecast", "forecast", "forecast"),
    ("evaluate", "skill", "forecast_skill"),
    ("evaluate", "errors", "forecast_error"),
    ("evaluate", "alarms", ALARM),
)
"""Steps that stage rows for tables of their own: step, folder, table."""
WORKED_IN = ("touched", "expected", "reach", "readings", "intervals", "energy", "gaps")
"""Staged for this night alone; what is staged of forecasts stays, for their later skill."""
BATCH_ROWS = 1000
"""Rows of one partition that travel together: half the work of 200 for Cassandra; 3000 gain nothing more."""
IN_FLIGHT = 4
"""Such batches a task sends at once: as fast as 50 are, and a busy node still answers each within its time."""


def run(spark: SparkSession, settings: Settings, run: Run) -> dict[str, int]:
    """Write, check, publish.

    Raises :class:`batch_layer.publishing.checks.PublishError`, and then nothing is visible.
    """
    pairs = spark.read.schema(affected_days.SCHEMA).parquet(run.staging(settings, "touched"))
    days = sorted(row.event_day for row in pairs.select("event_day").distinct().collect())
    communities = set(read_catalogue(settings).community.values())
    values = energy_view.read_values(spark, settings, days, run.sources)
    counts = {
        "unbalanced_statements": checks.conservation(values.where(~F.col("installation_id").isin(communities))),
        "energy_published": _publish_energy(spark, settings, run, days),
        "prices_published": _publish_prices(spark, settings, run),
        "official_published": _publish(settings, provenance.official(spark, settings, run), "official"),
        "gaps_published": _publish(settings, provenance.gaps(spark, settings, run), "gap"),
        "changes_published": _publish(settings, provenance.changes(spark, settings, run, days), "change"),
        "silences_published": _publish(settings, silent_devices.alarms(spark, settings, run), ALARM),
    }
    if "prices" in run.finished:
        counts |= prices.publish(spark, settings, run, _publish)
    for step, folder, table in STAGED:
        if step in run.finished:
            counts[f"{table}_published"] = _publish_staged(spark, settings, run, folder, table)
    _show(settings, run, counts, _skill(spark, settings, run))
    for name in WORKED_IN:
        hdfs.delete(spark, run.staging(settings, name))
    device_days.forget(spark, settings, before=run.published[-1] if run.published else run.run_id)
    return counts


def _publish_energy(spark: SparkSession, settings: Settings, run: Run, days: list[date]) -> int:
    rows = energy_view.read_rows(spark, settings, days, [run.run_id]).select(
        "installation_id",
        F.trunc("start", "month").alias("month"),
        "quantity",
        "start",
        "run_id",
        "energy_wh",
        "completeness",
        "method",
        *[F.when(~_exact(), F.col(bound)).alias(bound) for bound in ("lower_wh", "upper_wh")],
        F.when(F.col("cause") != "", F.col("cause")).alias("cause"),
    )
    sent = rows.repartition(settings.spark.shuffle_partitions, "installation_id", "month").sortWithinPartitions(
        "installation_id", "month", "quantity", "start"
    )
    _save(settings, sent, "energy_batch")
    partitions = rows.groupBy("installation_id", "month").count().collect()
    checks.stored(settings, run.run_id, {(p.installation_id, p.month): p["count"] for p in partitions})
    return sum(p["count"] for p in partitions)


def _exact() -> Column:
    """Nothing is in doubt: the bounds say nothing the value does not, and are left out."""
    energy = F.col("energy_wh")
    return energy.eqNullSafe(F.col("lower_wh")) & energy.eqNullSafe(F.col("upper_wh"))


def _publish_prices(spark: SparkSession, settings: Settings, run: Run) -> int:
    """Prices that were archived since the last published run; known_at is part of their key, so none replaces
    another. Of two providers' words on one key the greater provider's stands."""
    days = affected_days.days_brought(spark, settings, run, "prices")
    key = ("market", "zone", "day", "start", "known_at")
    fields = ("provider", "end", "price_eur_mwh")
    prices = (
        dataset.read(spark, settings, "prices", days)
        .withColumn("day", F.col("event_day"))
        .groupBy(*key)
        .agg(F.max(F.struct(*fields)).alias("price"))
        .select(*key, "price.*", F.lit("known").alias("kind"))
    )
    return _publish(settings, prices, "price")


def _publish_staged(spark: SparkSession, settings: Settings, run: Run, folder: str, table: str) -> int:
    rows = spark.read.parquet(run.staging(settings, folder))
    return _publish(settings, rows if table == ALARM else rows.withColumn("run_id", F.lit(run.run_id)), table)


def _publish(settings: Settings, rows: DataFrame, table: str) -> int:
    """Write the rows and count them; what is empty is not written."""
    rows = rows.persist()
    count = rows.count()
    if count:
        _save(settings, rows, table)
    rows.unpersist()
    return count


def _save(settings: Settings, rows: DataFrame, table: str) -> None:
    (
        rows.write.format("org.apache.spark.sql.cassandra")
        .options(table=table, keyspace=settings.cassandra.keyspace)
        .option("spark.cassandra.output.ignoreNulls", "true")
        .option("spark.cassandra.output.batch.size.rows", str(BATCH_ROWS))
        .option("spark.cassandra.output.concurrent.writes", str(IN_FLIGHT))
        .mode("append")
        .save()
    )


def _skill(spark: SparkSession, settings: Settings, run: Run) -> dict[str, float]:
    """Mean absolute errors in Wh over all installations, by quantity, the forecast's and the naive ones'."""
    if "evaluate" not in run.finished:
        return {}
    errors = ("mae_wh", "mae_yesterday_wh", "mae_last_week_wh")
    skill = spark.read.parquet(run.staging(settings, "skill"))
    means = skill.groupBy("quantity").agg(*[F.mean(name).alias(name) for name in errors]).collect()
    return {f"{row.quantity}_{name}": float(row[name]) for row in means for name in errors if row[name] is not None}


def _show(settings: Settings, run: Run, counts: dict[str, int], skill: dict[str, float]) -> None:
    everything = {name: n for step in run.finished.values() for name, n in step.items()} | counts
    with cassandra.session(settings) as session:
        session.execute(
            "INSERT INTO run (name, run_id, started, published, cut, issued_at, counts, skill) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                NIGHTLY,
                run.run_id,
                run.started,
                datetime.now(timezone.utc),
                run.cut,
                run.cut if "forecast" in run.finished else None,
                everything,
                skill,
            ),
        )


if __name__ == "__main__":
    from batch_layer.entry import main

    main("publish")
