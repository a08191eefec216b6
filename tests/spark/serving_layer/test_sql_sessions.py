"""Several clients of SQL at once: they wait, cancel, read in pages and are told what is wrong, each apart."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psutil
import pytest
from pyhive import exc

from conf import Settings
from serving_layer.sql import engine as engines
from serving_layer.sql import server
from serving_layer.sql.bounds import held
from serving_layer.sql.bounds.lanes import Lanes
from serving_layer.sql.engine import Engine
from stack.servers import thrift
from tests.support.sql.client import Ask

ENDLESS = "SELECT sum(a.id * b.id) FROM range(100000000) a CROSS JOIN range(100000000) b"


def said(ask: Callable[[], Any]) -> str:
    with pytest.raises(exc.OperationalError) as raised:
        ask()
    return str(raised.value.args[0].status.errorMessage)


def test_many_clients_at_once_get_each_their_own_answer(served: Settings) -> None:
    def asked(n: int) -> list[tuple[Any, ...]]:
        with thrift.connect(served) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT %(n)s, count(*) FROM range(%(n)s)", {"n": n})
            return list(cursor.fetchall())

    with ThreadPoolExecutor(12) as clients:
        assert list(clients.map(asked, range(36))) == [[(n, n)] for n in range(36)]


def test_who_asks_what_is_noted_before_it_is_answered(served: Settings, sql: Ask, noted: list[tuple[str, str]]) -> None:
    mine = "SELECT * FROM solera.installation WHERE installation_id = 'noted'"
    sql(mine)
    with pytest.raises(exc.OperationalError):
        sql("DROP VIEW solera.noted")
    assert [(thrift.USER, mine), (thrift.USER, "DROP VIEW solera.noted")] == noted[-2:]
    assert said(lambda: sql("SELECT 'not to be noted'")) == "Cassandra is away."


def test_what_clients_leave_behind_is_freed(served: Settings) -> None:
    process = psutil.Process()

    def counted() -> int:
        for _ in range(30):
            with thrift.connect(served) as connection:
                connection.cursor().execute("SELECT 1")
        return process.num_fds() + process.num_threads()

    counted()
    before = counted()
    assert counted() <= before + 10


def test_a_cancelled_question_ends_and_others_go_on(served: Settings, sql: Ask, engine: Engine) -> None:
    with thrift.connect(served) as connection:
        cursor = connection.cursor()
        cursor.execute(ENDLESS, async_=True)
        assert sql("SELECT 1") == [(1,)]
        cursor.cancel()
        end = time.monotonic() + 30
        while cursor.poll().operationState == 1:
            assert time.monotonic() < end
        assert "cancelled" in cursor.poll().errorMessage
    assert running(engine) == 0


@pytest.mark.parametrize("waits", [True, False])
def test_a_client_that_goes_ends_its_question(served: Settings, engine: Engine, waits: bool) -> None:
    connection = thrift.connect(served)
    asked = threading.Thread(target=quietly, args=(connection.cursor(), not waits), daemon=True)
    asked.start()
    wait_for(lambda: running(engine) > 0)
    connection._transport._trans.handle.shutdown(socket.SHUT_RDWR)
    wait_for(lambda: running(engine) == 0)
    asked.join(10)


def quietly(cursor: Any, async_: bool) -> None:
    with suppress(Exception):
        cursor.execute(ENDLESS, async_=async_)


def test_a_question_of_unbounded_length_is_ended(sql: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "LONGEST_SECONDS", 1.0)
    assert "took longer than 1 s" in said(lambda: sql(ENDLESS))


@pytest.fixture
def one_long_at_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second long question waits."""
    monkeypatch.setattr(engine, "_lanes", Lanes(2, 1))


@pytest.mark.usefixtures("one_long_at_once")
def test_one_more_long_question_than_may_be_at_work_is_refused_in_the_end(
    served: Settings, sql: Ask, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "WAIT_SECONDS", 0.5)
    with thrift.connect(served) as connection:
        cursor = connection.cursor()
        cursor.execute(ENDLESS, async_=True)
        wait_for(lambda: running(engine) == 1)
        assert "ask again in a moment" in said(lambda: sql(ENDLESS))
        cursor.cancel()
        wait_for(lambda: cursor.poll().operationState != 1)
    assert sql("SELECT 1") == [(1,)]


@pytest.mark.usefixtures("one_long_at_once")
def test_a_question_that_waits_may_be_cancelled(served: Settings, engine: Engine) -> None:
    with thrift.connect(served) as connection:
        at_work, waits = connection.cursor(), connection.cursor()
        at_work.execute(ENDLESS, async_=True)
        wait_for(lambda: running(engine) == 1)
        waits.execute(ENDLESS, async_=True)
        wait_for(lambda: len(engine._lanes._queue) == 1)
        waits.cancel()
        wait_for(lambda: waits.poll().operationState != 1)
        assert "cancelled" in waits.poll().errorMessage
        assert running(engine) == 1
        at_work.cancel()
        wait_for(lambda: at_work.poll().operationState != 1)


def test_answers_that_nobody_reads_do_not_fill_the_memory(
    served: Settings, sql: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "HELD_BYTES", 1_000_000)
    with thrift.connect(served) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT id FROM range(100000)")
        assert "read and close some" in said(lambda: sql("SELECT id FROM range(100000)"))
        assert sql("SELECT 1") == [(1,)]
    assert len(sql("SELECT id FROM range(100000)")) == 100_000


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SELECT nothing FROM energy", "nothing"),
        ("SELECT * FROM solera.nowhere", "nowhere"),
        ("SELEC 1", "SELEC"),
        ("SELECT 1 +", "end of input"),
        ("DROP VIEW energy", "only SELECT, SHOW, DESCRIBE and EXPLAIN on solera are answered"),
        ("SELECT * FROM text.`/etc/passwd`", "is not in database solera"),
        ("SELECT reflect('a', 'b')", "not among the functions that may be called"),
        ("SELECT assert_true(false)", "false"),
        ("SELECT " + "1 + " * 5000 + "1", ""),
        ("SELECT " + "(" * 4000 + "1" + ")" * 4000, ""),
        ("SELECT '" + "x" * 70_000 + "'", "at most 65,536 are read"),
    ],
)
def test_an_error_is_said_in_a_few_words(sql: Ask, statement: str, words: str) -> None:
    text = said(lambda: sql(statement))
    assert words in text
    assert len(text) <= 2000
    assert "\tat " not in text
    assert sql("SELECT 1") == [(1,)]


def test_a_login_that_never_ends_is_let_go(served: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LOGIN_SECONDS", 1.0)
    with socket.create_connection((served.thrift.host, served.thrift.port), timeout=10) as client:
        began = time.monotonic()
        client.sendall(b"\x01")
        assert client.recv(1) == b""
        assert time.monotonic() - began < 5


def running(engine: Engine) -> int:
    return len(engine.spark.sparkContext.statusTracker().getActiveJobsIds())


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.2)
