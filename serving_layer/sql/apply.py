"""Makes database ``solera`` in the Thrift Server: ``python -m serving_layer.sql.apply``; again does no harm."""

from __future__ import annotations

import re
from pathlib import Path

from pyhive import hive

from conf import Settings, load_settings
from store.spark import CATALOG

VIEWS = Path(__file__).with_name("views.sql")
BY_KEY = f"{CATALOG}_by_key"
"""The same tables as ``CATALOG``'s, joined by asking Cassandra for each key instead of reading the table."""


def catalogs() -> dict[str, str]:
    """What the Thrift Server's Spark must be configured with for the views."""
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


def apply(settings: Settings) -> int:
    """Make or replace every view; returns how many statements ran. Cassandra's tables must be there."""
    with hive.connect(settings.thrift.host, port=settings.thrift.port) as connection:
        cursor = connection.cursor()
        for statement in statements(settings):
            cursor.execute(statement)
    return len(statements(settings))


if __name__ == "__main__":
    print(f"{apply(load_settings())} statements")
