"""The SQL server as a client asks it, by JDBC's own protocol."""

from __future__ import annotations

from pyhive import hive

from conf.settings import Settings
from serving_layer.access.token import token_of

USER = "solera"
"""Any name will do; the token says who may ask."""


def connect(settings: Settings) -> hive.Connection:
    """A connection to it as a person has one: by the token."""
    return hive.connect(
        settings.thrift.host, port=settings.thrift.port, username=USER, password=token_of(settings), auth="CUSTOM"
    )


def ask(settings: Settings) -> None:
    """Ask it a small question; raises where it does not serve."""
    with connect(settings) as connection:
        connection.cursor().execute("DESCRIBE solera.energy")
