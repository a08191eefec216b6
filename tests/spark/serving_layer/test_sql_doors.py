"""Every way through SQL to more than the views is closed, and honest questions are answered."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyhive import exc, hive
from thrift.transport.TTransport import TTransportException

from conf import Settings
from conf.refusal import Refusal
from serving_layer.sql.engine import Engine, Malformed
from serving_layer.sql.readonly import NotReadOnly
from stack.servers import thrift
from tests.support.sql.client import Ask
from tests.support.sql.statements import DOORS, HONEST

REFUSED, NO_STATEMENT = "42501", "42000"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file that only this user should read."""
    path = tmp_path_factory.mktemp("secret") / "secret.csv"
    path.write_text("the secret\n")
    yield path
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("statement", DOORS)
def test_a_statement_that_does_more_than_read_the_views_is_refused(
    sql: Ask,
    file: Path,
    statement: str,
) -> None:
    with pytest.raises(exc.OperationalError) as raised:
        sql(filled(statement, file))
    assert raised.value.args[0].status.sqlState in (REFUSED, NO_STATEMENT)


@given(st.sampled_from(sorted(DOORS)), st.data())
@hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
def test_no_comment_case_blank_or_nesting_opens_a_door(
    engine: Engine, file: Path, statement: str, data: st.DataObject
) -> None:
    between = st.sampled_from([" ", "  ", "\n", "\t", " /**/ ", " /*+ x */ ", " --\n", "\r\n"])
    text = "".join(word + data.draw(between) for word in filled(statement, file).split(" "))
    around = ["{}", "{};", "EXPLAIN {}", "EXPLAIN EXTENDED {}", "({})", "WITH x AS ({}) SELECT * FROM x"]
    spelt = data.draw(st.sampled_from([text, text.upper(), text.lower()]))
    with pytest.raises((NotReadOnly, Malformed)):
        engine.answer(data.draw(st.sampled_from(around)).replace("{}", spelt), "door")


@given(st.text() | st.lists(st.sampled_from(sorted({word for each in DOORS for word in each.split()}))).map(" ".join))
@hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
def test_any_text_is_answered_or_refused(engine: Engine, text: str) -> None:
    with suppress(Refusal):
        engine.answer(text, "text")


def filled(statement: str, file: Path) -> str:
    return statement.replace("{file}", str(file)).replace("{folder}", str(file.parent / "written"))


def test_the_views_stand_after_all_that(sql: Ask) -> None:
    assert sql("SELECT count(*) FROM solera.run") == [(1,)]
    assert {row[0] for row in sql("SHOW DATABASES")} >= {"solera"}
    assert "theirs" not in {row[0] for row in sql("SHOW DATABASES")}


@pytest.mark.parametrize("statement", HONEST)
def test_a_question_is_answered(sql: Ask, statement: str) -> None:
    sql(statement)


@pytest.mark.parametrize("name", ["env:HOME", "system:user.home", "spark.driver.host", "spark.sql.warehouse.dir"])
def test_no_setting_or_variable_is_filled_in(sql: Ask, name: str) -> None:
    assert sql(f"SELECT '${{{name}}}'") == [(f"${{{name}}}",)]
    assert sql(f"SELECT 1 AS `${{{name}}}` -- ${{{name}}}") == [(1,)]


def test_values_come_whole(sql: Ask) -> None:
    asked = (
        "SELECT 1Y, 2S, 3, 4L, 0.5D, CAST(1.25 AS decimal(5, 2)), true, 'ñ', X'00ff', date'2026-03-29', "
        "timestamp'2026-03-29 00:00:00.5', array(1, 2), map('a', 1), NULL"
    )
    (row,) = sql(asked)
    assert [str(value) for value in row] == [
        *("1", "2", "3", "4", "0.5", "1.25", "True", "ñ", str(b"\x00\xff"), "2026-03-29"),
        *("2026-03-29 00:00:00.500000", "[1,2]", '{"a":1}', "None"),
    ]
    assert sql("SELECT id FROM range(25000) ORDER BY id") == [(n,) for n in range(25000)]


def test_nobody_comes_in_without_the_token(sql: Ask, served: Settings) -> None:
    for auth, password in (("NONE", None), ("CUSTOM", "guess"), ("CUSTOM", "")):
        with pytest.raises(Exception, match="token"):
            hive.connect(served.thrift.host, served.thrift.port, username="nobody", auth=auth, password=password)
    with pytest.raises((TTransportException, OSError)):
        hive.connect(served.thrift.host, served.thrift.port, username="nobody", auth="NOSASL")


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")
@pytest.mark.parametrize("login", [b"\0nobody\0", b"\0solera\0", b"\0solera\0guess", b"", b"\0" * 3])
def test_another_user_of_the_machine_is_refused(sql: Ask, served: Settings, login: bytes) -> None:
    said = struct.pack(">BI", 1, 5) + b"PLAIN" + struct.pack(">BI", 2, len(login)) + login
    answered = as_nobody(f"exec 3<>/dev/tcp/{served.thrift.host}/{served.thrift.port}; cat >&3; head -c 1 <&3", said)
    assert answered.stdout == b"\3"
    assert b"Permission denied" in as_nobody(f"cat {served.home / 'token'}", b"").stderr


def as_nobody(script: str, given: bytes) -> subprocess.CompletedProcess[bytes]:
    command = ["/bin/bash", "-c", script]
    return subprocess.run(
        command, input=given, capture_output=True, user="nobody", group="nogroup", extra_groups=[], timeout=30
    )


@pytest.mark.parametrize(
    "sent",
    [
        b"\0" * 64,
        b"GET / HTTP/1.1\r\n\r\n" * 100,
        struct.pack(">BI", 1, 0xFFFFFFFF),
        struct.pack(">BI", 1, 5) + b"PLAIN" + struct.pack(">BI", 2, 0x7FFFFFFF),
        b"\xff" * 100_000,
    ],
)
def test_a_client_that_speaks_something_else_is_let_go(sql: Ask, served: Settings, sent: bytes) -> None:
    with socket.create_connection((served.thrift.host, served.thrift.port), timeout=15) as client, suppress(OSError):
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        while client.recv(4096):
            pass
    with thrift.connect(served) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        assert cursor.fetchall() == [(1,)]
