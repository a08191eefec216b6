"""Makes the views of database ``solera`` in a Spark session; they last as long as the session."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from conf import Settings
from serving_layer.sql.published.merged import BY_KEY
from serving_layer.sql.published.speed_keys import SPEED_AGE
from serving_layer.sql.published.statements import statements_of
from serving_layer.sql.readonly import DATABASE
from store.spark import CATALOG

VIEWS = Path(__file__).with_name("views.sql")


def catalogs() -> dict[str, str]:
    """The configuration that Spark needs for the views."""
    return {
        # The connector fails on a join by key whose keys are also fixed by a condition, so nobody gets one unasked.
        f"spark.sql.catalog.{CATALOG}.directJoinSetting": "off",
        f"spark.sql.catalog.{BY_KEY}": "com.datastax.spark.connector.datasource.CassandraCatalog",
        f"spark.sql.catalog.{BY_KEY}.directJoinSetting": "on",
        # Keys are few: to prune their files by what is joined to them would plan a scan of the table behind.
        "spark.sql.optimizer.dynamicPartitionPruning.enabled": "false",
        # Of a connection's 1,024 requests at once four questions of two tasks each take half; more end as "no node".
        "spark.cassandra.concurrent.reads": "64",
    }


def statements(settings: Settings, database: str = DATABASE) -> list[str]:
    """The statements of ``views.sql`` for this keyspace, without comments, that make the views of ``database``."""
    return statements_of(
        VIEWS.read_text(encoding="utf-8"),
        database,
        speed_days=str(SPEED_AGE.days),
        catalog=CATALOG,
        by_key=BY_KEY,
        keyspace=settings.cassandra.keyspace,
    )


def apply(spark: SparkSession, settings: Settings) -> None:
    """Make or replace the views beside those of the published state, which stand already; use their database.

    Cassandra's tables must be there.
    """
    for statement in statements(settings):
        spark.sql(statement)
    spark.sql(f"USE {DATABASE}")
