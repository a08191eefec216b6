"""Step 7: how good the forecasts were: each installation's errors of the last 30 days beside the naive ones'."""

from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer import skill
from batch_layer.runs import Run
from batch_layer.sites import read_sites
from conf import Settings


def run(spark: SparkSession, settings: Settings, run: Run) -> dict[str, int]:
    """Stage the rows of table ``forecast_skill``."""
    return judge(spark, settings, run, read_sites(settings)[1])


def judge(spark: SparkSession, settings: Settings, run: Run, parts: dict[str, str]) -> dict[str, int]:
    """Errors by installation and quantity; ``parts`` maps each member to its community."""
    memberships = spark.createDataFrame(list(parts.items()), "installation_id string, community_id string")
    table = skill.skill(skill.day_ahead(spark, settings, run, memberships))
    table.coalesce(1).write.mode("overwrite").parquet(run.staging(settings, "skill"))
    staged = spark.read.parquet(run.staging(settings, "skill"))
    return {
        "judged": staged.count(),
        "better_than_naive": staged.where(F.col("beats_naive")).count(),
    }


if __name__ == "__main__":
    from batch_layer.entry import main

    main("evaluate")
