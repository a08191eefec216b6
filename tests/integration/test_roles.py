"""conf/roles.cql in a real Cassandra that asks for logins."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from cassandra import Unauthorized
from cassandra.cluster import Session
from pydantic import SecretStr
from rich.console import Console

from conf import Settings
from stack.downloads import jars, java
from stack.process import Place, spawn, stop
from stack.servers import cassandra
from stack.servers.roles import apply_roles
from store.cassandra import CassandraAway, connect
from tests.support.servers.apart import apart

ROLES = ("ingest", "speed", "batch", "serving", "analyst")
PASSWORDS = {f"{role.upper()}_PASSWORD": f"{role} it's; -- secret" for role in ROLES}
WRITES = {
    "ingest": set(),
    "speed": {"inverter_state", "reading_by_day", "energy_speed", "ingest_ledger", "quarantine", "alarm"},
    "batch": {
        "installation",
        "device",
        "membership",
        "capacity",
        "energy_speed",
        "energy_batch",
        "change",
        "gap",
        "official",
        "max_power",
        "reactive_energy",
        "forecast",
        "forecast_skill",
        "forecast_error",
        "alarm",
        "price",
        "price_skill",
        "run",
        "agreement",
        "settlement",
        "settlement_month",
        "bill_line",
        "recount",
        "retraction",
        "ingest_ledger",
        "quarantine",
    },
    "serving": {"access_log"},
    "analyst": set(),
}


@pytest.fixture(scope="module")
def guarded(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of the administrator of a new node with logins, its roles applied twice."""
    home = tmp_path_factory.mktemp("guarded")
    settings = apart(home, settings.port_offset + 37)  # beside the other tests' stack
    login = {"username": "solera_admin", "password": SecretStr("an admin's")}
    settings = settings.model_copy(update={"cassandra": settings.cassandra.model_copy(update=login)})
    java.have(settings, Console())
    jars.fetch(settings, "cassandra")
    service = cassandra.service(settings)
    service.prepare()
    place = Place(home)
    spawn(place, service)
    try:
        _apply_when_up(settings)
        apply_roles(settings, PASSWORDS)
        yield settings
    finally:
        stop(place, "cassandra", grace=30)


def _apply_when_up(settings: Settings) -> None:
    until = time.monotonic() + 120
    while True:
        try:
            return apply_roles(settings, PASSWORDS)
        except CassandraAway:
            if time.monotonic() > until:
                raise
            time.sleep(1)


def login(settings: Settings, user: str, password: str) -> Session:
    who = {"username": user, "password": SecretStr(password)}
    return connect(settings.model_copy(update={"cassandra": settings.cassandra.model_copy(update=who)}))


def may(session: Session, statement: str) -> bool:
    try:
        session.execute(statement)
    except Unauthorized:
        return False
    return True


@pytest.mark.parametrize("role", ROLES)
def test_role_writes_its_own_tables_and_no_other(guarded: Settings, role: str) -> None:
    session = login(guarded, f"solera_{role}", PASSWORDS[f"{role.upper()}_PASSWORD"])
    tables = set(session.cluster.metadata.keyspaces[guarded.cassandra.keyspace].tables)
    assert {table for table in tables if may(session, f"TRUNCATE {table}")} == WRITES[role]
    read = {table for table in tables if may(session, f"SELECT * FROM {table} LIMIT 1")}  # noqa: S608  names of the schema
    assert read == ({"installation", "device"} if role == "ingest" else tables)
    for forbidden in ("CREATE TABLE other (a int PRIMARY KEY)", "DROP TABLE alarm", "ALTER TABLE alarm ADD b int",
                      "CREATE ROLE other", "ALTER ROLE solera_admin WITH PASSWORD = 'x'",
                      "SELECT * FROM system_auth.roles"):  # fmt: skip
        assert not may(session, forbidden), forbidden
    session.cluster.shutdown()


@pytest.mark.parametrize(("user", "password"), [("cassandra", "cassandra"), ("solera_speed", "guess"), ("", "")])
def test_nobody_else_gets_in(guarded: Settings, user: str, password: str) -> None:
    with pytest.raises(CassandraAway):
        login(guarded, user, password)


def test_a_datacenter_without_nodes_is_named_beside_those_that_there_are(guarded: Settings) -> None:
    elsewhere = guarded.cassandra.model_copy(update={"datacenter": "dc7"})
    with pytest.raises(CassandraAway, match=f"no node in the datacenter dc7, but in {guarded.cassandra.datacenter}"):
        connect(guarded.model_copy(update={"cassandra": elsewhere}))
