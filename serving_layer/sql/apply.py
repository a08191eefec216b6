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

LIVE = """SELECT s.start + INTERVAL 0 SECONDS, concat(k.installation_id, ''), '{quantity}', s.energy_wh, 'speed', '',
  s.completeness, s.method, s.lower_wh, s.upper_wh, s.cause, date_add(k.month, 0)
FROM files.live k
JOIN {by_key}.{keyspace}.energy_speed s ON s.installation_id = k.installation_id AND s.month = k.month
WHERE s.energy_wh IS NOT NULL AND s.quantity = '{quantity}'
  AND s.start >= coalesce((SELECT cut FROM solera.cut), TIMESTAMP'1970-01-01')"""
"""A quantity of the speed view from the cut on: by itself, for only then can Cassandra be asked from a start on.

Nor does it take a second such bound, so that the start is hidden as the keys are.
"""


def catalogs() -> dict[str, str]:
    """What Spark must be configured with for the views."""
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
    live = "\nUNION ALL\n".join(LIVE.replace("{quantity}", name) for name in QUANTITIES)
    text = VIEWS.read_text(encoding="utf-8").replace("{live}", live)
    return statements_of(
        text,
        database,
        speed_days=str(SPEED_AGE.days),
        catalog=CATALOG,
        by_key=BY_KEY,
        keyspace=settings.cassandra.keyspace,
    )


def apply(spark: SparkSession, settings: Settings) -> None:
    """Make or replace every view beside those of the batch side, which stands already; make the database the session's.

    Cassandra's tables must be there.
    """
    for statement in statements(settings):
        spark.sql(statement)
    spark.sql(f"USE {DATABASE}")
