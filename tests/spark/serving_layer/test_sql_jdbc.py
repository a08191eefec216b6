"""Hive's JDBC driver and beeline, as Spark ships them, against the SQL server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyspark
import pytest
from py4j.java_gateway import JavaGateway  # type: ignore[import-untyped]
from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]

from conf import Settings
from serving_layer.access.token import token_of
from stack.downloads import java

SHIPPED = Path(pyspark.__file__).parent
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def opened(served: Settings) -> Iterator[Open]:
    """Opens a connection of a Java of its own, as Zeppelin and other programs have one."""
    gateway = JavaGateway.launch_gateway(
        java_path=str(java.home(served) / "bin" / "java"),
        jarpath=str(next((SHIPPED / "jars").glob("py4j-*.jar"))),
        classpath=str(SHIPPED / "jars" / "*"),
        die_on_exit=True,
    )
    gateway.jvm.java.lang.Class.forName("org.apache.hive.jdbc.HiveDriver")

    def connection(password: str = token_of(served), options: str = "") -> Any:
        return gateway.jvm.java.sql.DriverManager.getConnection(address(served) + options, "solera", password)

    yield connection
    gateway.shutdown()


def address(served: Settings) -> str:
    return f"jdbc:hive2://{served.thrift.host}:{served.thrift.port}/solera"


def listed(rows: Any, *names: str) -> list[tuple[Any, ...]]:
    found = []
    while rows.next():
        found.append(tuple(rows.getString(name) for name in names))
    return found


def test_values_and_types_come_whole(opened: Open) -> None:
    statement = opened().createStatement()
    rows = statement.executeQuery(
        "SELECT 42 a, 0.5D b, 'ñ' c, true d, CAST(NULL AS int) e, date'2026-03-29' f, "
        "timestamp'2026-03-29 00:30:00.25' g, CAST(1.25 AS decimal(5, 2)) h, 7L i"
    )
    assert rows.next()
    assert (rows.getInt("a"), rows.getDouble("b"), rows.getString("c"), rows.getBoolean("d")) == (42, 0.5, "ñ", True)
    assert (rows.getInt("e"), rows.wasNull(), rows.getDate("f").toString()) == (0, True, "2026-03-29")
    assert rows.getTimestamp("g").toString() == "2026-03-29 00:30:00.25"
    assert (str(rows.getBigDecimal("h")), rows.getLong("i")) == ("1.25", 7)
    types = [rows.getMetaData().getColumnTypeName(place) for place in range(1, 10)]
    assert types == ["int", "double", "string", "boolean", "int", "date", "timestamp", "decimal", "bigint"]


def test_a_big_answer_comes_in_pages(opened: Open) -> None:
    statement = opened().createStatement()
    statement.setFetchSize(700)
    rows = statement.executeQuery("SELECT id FROM range(5000) ORDER BY id")
    assert listed(rows, "id") == [(str(n),) for n in range(5000)]


def test_a_driver_lists_the_views_and_their_columns(opened: Open) -> None:
    metadata = opened().getMetaData()
    assert listed(metadata.getSchemas(), "TABLE_SCHEM") == [("solera",)]
    tables = listed(metadata.getTables(None, "solera", "%", None), "TABLE_NAME", "TABLE_TYPE")
    assert sorted(tables) == [(name, "VIEW") for name in ("energy", "installation", "inverter_state", "run")]
    assert listed(metadata.getTables(None, "solera", "inverter\\_%", None), "TABLE_NAME") == [("inverter_state",)]
    columns = listed(metadata.getColumns(None, "%", "energy", "%"), "COLUMN_NAME", "TYPE_NAME", "DATA_TYPE")
    assert columns[-1] == ("energy_wh", "DOUBLE", "8")
    assert metadata.getDatabaseProductName() == "Spark SQL"


@pytest.mark.parametrize("password", ["", "guess", "solera"])
def test_nobody_comes_in_without_the_token(opened: Open, password: str) -> None:
    with pytest.raises(Py4JJavaError, match="token"):
        opened(password)


def test_settings_in_the_address_change_nothing(opened: Open) -> None:
    options = "?spark.sql.variable.substitute=true;spark.sql.runSQLOnFiles=true#a=b"
    statement = opened(options=options).createStatement()
    rows = statement.executeQuery("SELECT '${env:HOME}' AS a")
    assert listed(rows, "a") == [("${env:HOME}",)]
    with pytest.raises(Py4JJavaError, match="is not in database solera"):
        statement.executeQuery("SELECT * FROM text.`/etc/passwd`")


def test_a_refusal_says_why_and_the_connection_goes_on(opened: Open) -> None:
    statement = opened().createStatement()
    with pytest.raises(Py4JJavaError, match="only SELECT, SHOW, DESCRIBE and EXPLAIN") as refused:
        statement.execute("DROP VIEW energy")
    assert refused.value.java_exception.getSQLState() == "42501"
    assert listed(statement.executeQuery("SELECT 1 AS a"), "a") == [("1",)]


def test_beeline_asks_with_the_token_from_its_file(served: Settings) -> None:
    token_of(served)
    found = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "beeline"), "-u", address(served), "-n", "solera"),
            *("-w", str(served.home / "token"), "--outputformat=csv2", "--silent=true"),
            *("-e", "SELECT installation_id, name FROM installation"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "JAVA_HOME": str(java.home(served))},
    )
    assert found.stdout.splitlines()[-1] == "home,Home", found.stderr
