"""Step 7: how good the forecasts were: each installation's errors of the last 30 days beside the naive ones'.

In all, by hours ahead and by month; and which forecasts have drifted.
"""

from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.forecasting import skill
from batch_layer.forecasting.sites import read_sites
from batch_layer.publishing import drift
from batch_layer.runs import Run
from conf import Settings


def run(spark: SparkSession, settings: Settings, run: Run) -> dict[str, int]:
    """Stage the rows of tables ``forecast_skill``, ``forecast_error`` and ``alarm``."""
    return score(spark, settings, run, read_sites(settings)[1])


def score(spark: SparkSession, settings: Settings, run: Run, parts: dict[str, str]) -> dict[str, int]:
    """Errors by installation and quantity; ``parts`` maps each member to its community."""
    memberships = spark.createDataFrame(list(parts.items()), "installation_id string, community_id string")
    rows = skill.day_ahead(spark, settings, run, memberships).persist()
    tables = {
        "skill": skill.skill(rows),
        "errors": skill.errors(rows),
        drift.FOLDER: drift.alarms(spark, settings, run, rows),
    }
    for name, table in tables.items():
        table.coalesce(1).write.mode("overwrite").parquet(run.staging(settings, name))
    rows.unpersist()
    staged, alarms = (spark.read.parquet(run.staging(settings, name)) for name in ("skill", drift.FOLDER))
    return {
        "scored": staged.count(),
        "better_than_naive": staged.where(F.col("beats_naive")).count(),
        "forecasts_adrift": alarms.where(F.col("cleared_at").isNull()).count(),
    }


if __name__ == "__main__":
    from batch_layer.entry import main

    main("evaluate")
