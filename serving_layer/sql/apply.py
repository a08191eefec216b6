"""Makes the views of database ``solera`` in a Spark session; they last as long as the session."""

from __future__ import annotations

import re
from pathlib import Path

from pyspark.sql import SparkSession

from conf import Settings
from serving_layer.sql.readonly import DATABASE
from store.spark import CATALOG

VIEWS = Path(__file__).with_name("views.sql")
BY_KEY = f"{CATALOG}_by_key"
"""The same tables as ``CATALOG``'s, joined by asking Cassandra for each key instead of reading the table."""


def catalogs() -> dict[str, str]:
    """What Spark must be configured with for the views."""
    return {
        # The connector fails on a join by key whose keys are also fixed by a condition, so nobody gets one unasked.
        f"spark.sql.catalog.{CATALOG}.directJoinSetting": "off",
        f"spark.sql.catalog.{BY_KEY}": "com.datastax.spark.connector.datasource.CassandraCatalog",
        f"spark.sql.catalog.{BY_KEY}.directJoinSetting": "on",
    }


def statements(settings: Settings) -> list[str]:
    """The statements of ``views.sql`` for this keyspace, without comments."""
    text = re.sub(r"--.*", "", VIEWS.read_text(encoding="utf-8"))
    text = text.format(catalog=CATALOG, by_key=BY_KEY, keyspace=settings.cassandra.keyspace)
    return [statement.strip() for statement in text.split(";") if statement.strip()]


def apply(spark: SparkSession, settings: Settings) -> None:
    """Make or replace every view, and make the database the session's own. Cassandra's tables must be there."""
    for statement in statements(settings):
        spark.sql(statement)
    spark.sql(f"USE {DATABASE}")
