"""SQL over Thrift, for JDBC and PyHive: Spark in a process of its own that only reads."""

from __future__ import annotations

import sys

from pyhive import hive

from conf.settings import Settings
from serving_layer.access.token import token_of
from stack.downloads import java
from stack.process import Service

USER = "solera"
"""Any name will do; the token says who may ask."""


def service(settings: Settings, environment: dict[str, str]) -> Service:
    """The server; ready when it answers a question."""
    return Service(
        name="thrift",
        command=(sys.executable, "-m", "serving_layer.sql.server"),
        ready=lambda: ask(settings),
        needs=("cassandra",),
        ports={"thrift.port": settings.thrift.port},
        patience=300,
        environment=environment
        | {"JAVA_HOME": str(java.home(settings)), "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONUNBUFFERED": "1"},
    )


def connect(settings: Settings) -> hive.Connection:
    """A connection to it as a person has one: by the token."""
    return hive.connect(
        settings.thrift.host, port=settings.thrift.port, username=USER, password=token_of(settings), auth="CUSTOM"
    )


def ask(settings: Settings) -> None:
    """Ask it a small question; raises where it does not serve."""
    with connect(settings) as connection:
        connection.cursor().execute("DESCRIBE solera.energy")
