"""A SQL server with views of its own, without Cassandra."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from conf import Settings
from serving_layer.access.person import Person
from serving_layer.reader import StoreAway
from serving_layer.sql.engine import Engine
from serving_layer.sql.server import CLOSED
from tests.support.sql.client import Ask, asking
from tests.support.sql.served import answer

VIEWS = {
    "energy": "SELECT 'home' AS installation_id, 'import' AS quantity, now() AS start, 1.5D AS energy_wh",
    "installation": "SELECT 'home' AS installation_id, 'Home' AS name",
    "inverter_state": "SELECT 'home' AS installation_id, 5.0D AS ac_power_w",
    "run": "SELECT '1' AS run_id, map('a', 1) AS counts, map('b', 0.5D) AS skill",
}


@pytest.fixture(scope="module")
def engine(spark: SparkSession) -> Engine:
    """Views in this process's Spark, as the server's own has them."""
    session = spark.newSession()
    for name in ("spark.sql.runSQLOnFiles", "spark.sql.variable.substitute"):
        session.conf.set(name, CLOSED[name])
    session.sql("CREATE DATABASE IF NOT EXISTS solera")
    for name, text in VIEWS.items():
        session.sql(f"CREATE OR REPLACE VIEW solera.{name} AS {text}")
    session.sql("USE solera")
    return Engine(session, lambda _: None)


@pytest.fixture(scope="module")
def noted() -> list[tuple[str, str]]:
    """Who has asked the server what."""
    return []


@pytest.fixture(scope="module")
def served(engine: Engine, settings: Settings, noted: list[tuple[str, str]]) -> Settings:
    """The server of those views."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    here = settings.model_copy(update={"thrift": settings.thrift.model_copy(update={"port": port})})

    def asked(user: str, _: Person, statement: str) -> Engine:
        if "not to be noted" in statement:
            raise StoreAway("Cassandra is away.")
        noted.append((user, statement))
        return engine

    answer(here, engine, asked)
    return here


@pytest.fixture(scope="module")
def sql(served: Settings) -> Iterator[Ask]:
    """Asks as another program does."""
    with asking(served) as ask:
        yield ask
