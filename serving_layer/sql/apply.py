"""Makes database ``solera`` in the Thrift Server: ``python -m serving_layer.sql.apply``; again does no harm."""

from __future__ import annotations

import re
from pathlib import Path

from pyhive import hive

from conf import Settings, load_settings
from conf.spark import CATALOG

VIEWS = Path(__file__).with_name("views.sql")


def statements(settings: Settings) -> list[str]:
    """The statements of ``views.sql`` for this keyspace, without comments."""
    text = re.sub(r"--.*", "", VIEWS.read_text(encoding="utf-8"))
    text = text.format(catalog=CATALOG, keyspace=settings.cassandra.keyspace)
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
