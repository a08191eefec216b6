"""Makes the views of database ``solera`` in a Spark session; they last as long as the session."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from conf import Settings
from energy.records import QUANTITIES
from serving_layer.sql.published.speed_keys import SPEED_AGE
from serving_layer.sql.published.statements import statements_of
from serving_layer.sql.readonly import DATABASE
from store.spark import CATALOG

VIEWS = Path(__file__).with_name("views.sql")
BY_KEY = f"{CATALOG}_by_key"
"""The same tables as ``CATALOG``'s, joined by asking Cassandra for each key instead of reading the table."""
SHORTEST = 28
"""Days of a month."""


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
        quantities=", ".join(f"'{name}'" for name in QUANTITIES),
        month=_month(),
    )


def _month() -> str:
    """The month of a row ``s`` of the speed view, as one of those that it may have.

    A condition on ``month`` that none of them meets is false before Cassandra is asked even for the table's columns.
    """
    (*others, oldest) = (
        f"add_months(trunc(current_date(), 'MM'), {-back})" for back in range(-1, SPEED_AGE.days // SHORTEST + 2)
    )
    return f"CASE date_add(s.month, 0) {' '.join(f'WHEN {each} THEN {each}' for each in others)} ELSE {oldest} END"


def apply(spark: SparkSession, settings: Settings) -> None:
    """Make or replace every view beside those of the batch side, which stands already; make the database the session's.

    Cassandra's tables must be there.
    """
    for statement in statements(settings):
        spark.sql(statement)
    spark.sql(f"USE {DATABASE}")
