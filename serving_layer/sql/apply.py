"""Makes the views of database ``solera`` in a Spark session; they last as long as the session."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pyspark.sql import SparkSession

from conf import Settings
from energy.topics import BEHIND
from serving_layer.sql.published.statements import statements_of
from serving_layer.sql.readonly import DATABASE
from store.spark import CATALOG

VIEWS = Path(__file__).with_name("views.sql")
SPEED_KEPT = timedelta(days=40)
"""How long the speed view's energy is kept after it was written."""
BY_KEY = f"{CATALOG}_by_key"
"""The same tables as ``CATALOG``'s, joined by asking Cassandra for each key instead of reading the table."""


def catalogs() -> dict[str, str]:
    """What Spark must be configured with for the views."""
    return {
        # The connector fails on a join by key whose keys are also fixed by a condition, so nobody gets one unasked.
        f"spark.sql.catalog.{CATALOG}.directJoinSetting": "off",
        f"spark.sql.catalog.{BY_KEY}": "com.datastax.spark.connector.datasource.CassandraCatalog",
        f"spark.sql.catalog.{BY_KEY}.directJoinSetting": "on",
        # Of a connection's 1,024 requests at once four questions of two tasks each take half; more end as "no node".
        "spark.cassandra.concurrent.reads": "64",
    }


def statements(settings: Settings, database: str = DATABASE) -> list[str]:
    """The statements of ``views.sql`` for this keyspace, without comments, that make the views of ``database``."""
    text = VIEWS.read_text(encoding="utf-8")
    return statements_of(
        text,
        database,
        catalog=CATALOG,
        by_key=BY_KEY,
        keyspace=settings.cassandra.keyspace,
        speed_days=str((BEHIND + SPEED_KEPT).days),
    )


def apply(spark: SparkSession, settings: Settings) -> None:
    """Make or replace every view beside those of the batch side, which stands already; make the database the session's.

    Cassandra's tables must be there.
    """
    for statement in statements(settings):
        spark.sql(statement)
    spark.sql(f"USE {DATABASE}")
