"""The SQL server as a client asks it, by JDBC's own protocol."""

from __future__ import annotations

from pyhive import hive

from conf.settings import Settings
from serving_layer.access.token import token_of
from serving_layer.sql import client

USER = client.USER


def connect(settings: Settings) -> hive.Connection:
    """A connection to it as a person has one: by the token."""
    return client.connect(settings.thrift, token_of(settings))


def ask(settings: Settings) -> None:
    """Ask it a small question; raises where it does not serve."""
    with connect(settings) as connection:
        connection.cursor().execute("DESCRIBE solera.energy")
