"""SQL by the login of somebody who sees some installations: the same views, with the rows of those alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pyhive import exc, hive

from conf import Settings
from serving_layer.access import grants
from serving_layer.sql import apply
from serving_layer.sql.published import merged, state
from serving_layer.sql.scoped import OPEN
from serving_layer.views.merged import RUNS_KEPT_SECONDS
from store import cassandra
from store.instants import month_of
from tests.support import serving_files
from tests.support import serving_rows as rows
from tests.support.servers.started import started
from tests.support.sql.client import Ask, asking

NOW = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0) + timedelta(minutes=15)
CUT = NOW.replace(hour=0, minute=0)
OWN, OTHER = rows.HOMES[0], rows.HOMES[1]
VIEWS = sorted(
    line.split()[4].removeprefix("solera.")
    for file in (apply.VIEWS, state.VIEWS, merged.VIEW)
    for line in file.read_text().splitlines()
    if line.startswith("CREATE OR")
)
CLOSED = {"run", "published_run", "ingest_ledger", "quarantine", "weather"}
"""Views about all installations together."""
FILLED = ("installation", "energy", "energy_batch", "energy_speed", "energy_daily_local", "forecast_newest", "gap",
          "max_power", "reactive_energy")  # fmt: skip
"""Some of the views that have rows of every home."""
Login = Callable[[str], hive.Connection]


@pytest.fixture(scope="module")
def served(in_keyspace: Callable[[str], Settings]) -> Iterator[Settings]:
    """A SQL server, as the stack starts it, over a keyspace of its own."""
    settings = in_keyspace("sql_scope")
    with cassandra.session(settings) as session:
        rows.fill(session, CUT, NOW, 2)
    serving_files.keep(settings, CUT, 2)
    with started(settings, "thrift"):
        yield settings


@pytest.fixture(scope="module")
def tokens(served: Settings) -> dict[str, str]:
    asked = [
        grants.person("ana", "member", [OWN], [], False),
        grants.person("of-none", "analyst", ["nowhere' OR '1' = '1"], [], False),
        grants.person("manager", "community-manager", [], [rows.COMMUNITY], False),
        grants.person("operator", "operator", [], [], True),
    ]
    return {each.name: grants.add(grants.access_file(served), each) for each in asked}


@pytest.fixture(scope="module")
def login(served: Settings, tokens: dict[str, str]) -> Iterator[Callable[[str], Ask]]:
    """Asks by PyHive as somebody."""
    with ExitStack() as open_:
        known: dict[str, Ask] = {}

        def ask_as(name: str) -> Ask:
            if name not in known:
                connection = connect(served, tokens[name])
                open_.callback(connection.close)
                known[name] = asked_by(connection)
            return known[name]

        yield ask_as


def connect(served: Settings, token: str) -> hive.Connection:
    return hive.connect(served.thrift.host, served.thrift.port, username="anybody", password=token, auth="CUSTOM")


def asked_by(connection: hive.Connection) -> Ask:
    def ask(statement: str) -> list[tuple[Any, ...]]:
        cursor = connection.cursor()
        cursor.execute(statement)
        return list(cursor.fetchall())

    return ask


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_holds_the_rows_of_its_own_scope_alone(
    served: Settings, login: Callable[[str], Ask], view: str
) -> None:
    by_name, whole = login("ana"), f"SELECT * FROM solera.{view} WHERE installation_id = '{OWN}'"  # noqa: S608
    if view in CLOSED:
        with pytest.raises(exc.OperationalError, match="TABLE_OR_VIEW_NOT_FOUND"):
            by_name(f"SELECT * FROM solera.{view}")  # noqa: S608
        return
    with asking(served) as owner:
        columns = [row[0] for row in owner(f"SHOW COLUMNS IN solera.{view}")]
        if "installation_id" not in columns:
            assert view in OPEN
            return
        found = by_name(f"SELECT * FROM {view}")  # noqa: S608
        assert sorted(map(str, found)) == sorted(map(str, owner(whole)))
        assert found or view not in FILLED
        every = f"SELECT * FROM {view}"  # noqa: S608
        assert sorted(map(str, login("operator")(every))) == sorted(map(str, owner(every)))
    assert login("of-none")(f"SELECT * FROM solera.{view}") == []  # noqa: S608


def test_views_that_name_no_installation_are_known(served: Settings) -> None:
    with asking(served) as owner:
        without = {v for v in VIEWS if "installation_id" not in [r[0] for r in owner(f"SHOW COLUMNS IN solera.{v}")]}
    assert without == OPEN | CLOSED


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT * FROM energy WHERE installation_id = '{OTHER}'",  # noqa: S608
        f"SELECT * FROM solera.energy WHERE installation_id IN ('{OTHER}', '{rows.COMMUNITY}')",  # noqa: S608
        f"SELECT * FROM energy_hourly WHERE installation_id <> '{OWN}' OR true AND installation_id > '{OWN}'",  # noqa: S608
        "SELECT * FROM energy e JOIN installation i USING (installation_id) WHERE i.name <> 'Home 01'",
        f"SELECT if(installation_id <> '{OWN}', raise_error(string(ac_power_w)), 1) FROM inverter_state "  # noqa: S608
        f"WHERE if(installation_id <> '{OWN}', raise_error(string(ac_power_w)), 'a') <> 'a'",
        f"SELECT * FROM energy_daily WHERE if(installation_id = '{OWN}', 1, raise_error(string(energy_wh))) = 2",  # noqa: S608
        f"SELECT * FROM (SELECT DISTINCT installation_id FROM reading) WHERE installation_id <> '{OWN}'",  # noqa: S608
        f"WITH energy AS (SELECT * FROM solera.energy) SELECT * FROM energy WHERE installation_id <> '{OWN}'",  # noqa: S608
        f"SELECT count(*) FROM energy WHERE installation_id <> '{OWN}' HAVING count(*) > 0",  # noqa: S608
    ],
)
def test_no_condition_reaches_past_the_scope(login: Callable[[str], Ask], statement: str) -> None:
    assert login("ana")(statement) == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM whole.energy",
        "SHOW VIEWS IN whole",
        "DESCRIBE whole.energy",
        "USE whole",
        "TABLE cass.sql_scope.run",
    ],
)
def test_what_lies_behind_the_views_is_closed(login: Callable[[str], Ask], statement: str) -> None:
    with pytest.raises(exc.OperationalError) as raised:
        login("ana")(statement)
    assert raised.value.args[0].status.sqlState == "42501"


def test_an_error_of_a_row_has_no_value_in_it(login: Callable[[str], Ask]) -> None:
    with pytest.raises(exc.OperationalError) as raised:
        login("ana")("SELECT raise_error(string(energy_wh)) FROM energy")
    assert raised.value.args[0].status.errorMessage == "The statement failed while rows were read."


def test_a_community_comes_with_its_members(login: Callable[[str], Ask]) -> None:
    found = login("manager")("SELECT installation_id FROM installation ORDER BY installation_id")
    assert [name for (name,) in found] == sorted((*rows.HOMES, rows.COMMUNITY))


@pytest.mark.parametrize("view", ["energy_batch", "energy"])
def test_what_is_not_asked_is_not_read(login: Callable[[str], Ask], view: str) -> None:
    """The scope is a condition on the files and partitions themselves, beside that on the month."""
    month = f"DATE'{month_of(CUT - timedelta(days=1))}'"
    plan = "\n".join(row[0] for row in login("ana")(f"EXPLAIN SELECT * FROM {view} WHERE month = {month}"))  # noqa: S608
    assert f"EqualTo(installation_id,{OWN})" in plan
    assert "PartitionFilters: [isnotnull(month" in plan
    assert not any(name in plan for name in (OTHER, rows.COMMUNITY + "]"))


def test_who_asked_stands_in_the_log_of_each_installation(served: Settings, login: Callable[[str], Ask]) -> None:
    statement = "SELECT 'to be noted' FROM energy LIMIT 1"
    login("manager")(statement)
    with cassandra.session(served) as session:
        for name in (*rows.HOMES, rows.COMMUNITY):
            found = session.execute(
                "SELECT who, what FROM access_log WHERE installation_id = %s AND month = %s", (name, month_of(NOW))
            )
            assert ("sql manager", statement) in [tuple(row) for row in found]


def test_a_catalogue_lists_the_views_of_the_scope(served: Settings, tokens: dict[str, str]) -> None:
    with connect(served, tokens["ana"]) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW VIEWS IN solera")
        assert {row[1] for row in cursor.fetchall()} == set(VIEWS) - CLOSED


def test_a_night_that_is_published_meanwhile_is_seen_by_the_next_question(
    served: Settings, login: Callable[[str], Ask]
) -> None:
    ask = login("ana")
    ((before,),) = ask("SELECT cut FROM cut")
    at = CUT + timedelta(minutes=15)
    run = {"name": "nightly", "run_id": "20260103T000000Z", "started": at, "published": at, "cut": at, "issued_at": at}
    with cassandra.session(served) as session:
        rows.insert(session, "run", [run])
    time.sleep(RUNS_KEPT_SECONDS + 0.5)
    ((after,),) = ask("SELECT cut FROM cut")
    assert after != before
    assert {name for (name,) in ask("SELECT DISTINCT installation_id FROM energy")} == {OWN}


def test_whoever_is_revoked_is_out_in_the_middle_of_a_connection(served: Settings, tokens: dict[str, str]) -> None:
    path = grants.access_file(served)
    token = grants.add(path, grants.person("for-a-while", "member", [OWN], [], False))
    with connect(served, token) as connection:
        ask = asked_by(connection)
        assert ask("SELECT installation_id FROM installation") == [(OWN,)]
        grants.revoke(path, "for-a-while")
        with pytest.raises(exc.OperationalError):
            ask("SELECT installation_id FROM installation")
