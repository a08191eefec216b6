"""Each door of docs/security.md, tried as another user of this machine, without a password and with the right one."""

from __future__ import annotations

import os
import re
import socket
import ssl
import struct
from pathlib import Path

import pytest

from conf import Settings, logins
from ingest.push.tokens import admit, tokens_file
from serving_layer.access.token import token_of
from stack.process import Place, ours
from stack.up import status, up
from store import cassandra
from tests.support.doors.logins import cassandra_in, controller_in, each_in, kafka_in, page, push, rest, sql
from tests.support.doors.ports import RPC_REQUEST, framed, greeted, let_in, listening
from tests.support.nobody import as_nobody
from tests.support.servers.ports import ports

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")

LOOPBACK = {"127.0.0.1", "::ffff:127.0.0.1"}
DOORS = {
    "REST": (rest, "token"),
    "the page": (page, "token"),
    "SQL": (sql, "token"),
    "the push server": (push, "site"),
    "Cassandra": (cassandra_in, "analyst"),
    "Kafka": (kafka_in, "analyst"),
}
"""What is tried, and whose password opens it."""


@pytest.fixture(scope="module")
def doors(own_stack: Settings) -> Settings:
    up(own_stack, ["speed", "gateway", "push", "thrift", "api", "simulator"])
    return own_stack


def secret(settings: Settings, name: str) -> str:
    if name == "site":
        return admit(tokens_file(settings), ["finca"])
    return token_of(settings) if name == "token" else logins.password_file(settings, name).read_text().strip()


@as_root
@pytest.mark.parametrize("door", DOORS)
def test_another_user_comes_in_with_the_password_and_not_without(doors: Settings, door: str) -> None:
    attempt, name = DOORS[door]
    right = secret(doors, name)
    cut = right[:-9] + right[-1]
    tried = as_nobody(each_in, attempt, doors, ["", "solera", cut, right])
    assert tried == {"": False, "solera": False, cut: False, right: True}


@as_root
def test_no_service_comes_to_the_controller(doors: Settings) -> None:
    passwords = ["", *(secret(doors, name) for name in logins.ROLES)]
    assert as_nobody(each_in, controller_in, doors, passwords) == dict.fromkeys(passwords, False)


def test_each_service_comes_to_cassandra_as_its_own_role(doors: Settings) -> None:
    with cassandra.session(doors) as session:
        users = {row.username for row in session.execute("SELECT username FROM system_views.clients")}
    assert {"solera_speed", "solera_ingest", "solera_serving"} <= users


def test_the_well_known_first_account_was_never_made(doors: Settings) -> None:
    with cassandra.session(logins.held(doors), keyspace=None) as session:
        found = {row.role for row in session.execute("SELECT role FROM system_auth.roles")}
    assert found == {logins.OWNER, *(f"{logins.PREFIX}{role}" for role in logins.ROLES)}


def joins(settings: Settings) -> str:
    """What Cassandra's port for other nodes says to a node without its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", settings.cassandra.storage_port), 10) as plain:
        try:
            with context.wrap_socket(plain) as secure:
                secure.settimeout(10)
                secure.recv(1)
        except (ssl.SSLError, ConnectionResetError) as error:
            return str(error)
    return "let in"


@as_root
def test_no_other_node_joins_cassandra(doors: Settings) -> None:
    assert re.search("certificate|handshake failure|reset", str(as_nobody(joins, doors)).lower())


def lists(path: Path) -> list[str]:
    return [each.name for each in path.iterdir()]


def unreadable(paths: list[Path]) -> list[Path]:
    return [path for path in paths if isinstance(reads(path), PermissionError)]


def reads(path: Path) -> bytes | OSError:
    try:
        return path.read_bytes()
    except OSError as error:
        return error


@as_root
def test_another_user_sees_no_file_of_the_home(doors: Settings) -> None:
    assert isinstance(as_nobody(lists, doors.home), PermissionError)
    # Those that end while they are listed are passed over.
    files = [Path(folder) / name for folder, _, names in os.walk(doors.home) for name in names]
    assert len(files) > 100
    assert {logins.password_file(doors, "kafka"), doors.home / "token"} <= set(files)
    assert as_nobody(unreadable, files) == files


def test_every_port_is_known_and_on_loopback(doors: Settings) -> None:
    found = listening(ours(Place(doors.home)))
    assert {address for _, _, address in found.values()} <= LOOPBACK
    own = {"speed", "thrift", "datanode"}
    assert {name for port, (name, _, _) in found.items() if port not in ports(doors)} == own


@as_root
def test_ports_that_spark_opens_ask_for_a_secret(doors: Settings) -> None:
    spark = {port: of for port, of in listening(ours(Place(doors.home))).items() if port not in ports(doors)}
    assert {program for name, program, _ in spark.values() if name == "speed"} > {"java"}
    assert as_nobody(let_in, list(spark)) == []


def test_spark_says_that_it_wants_a_login(doors: Settings) -> None:
    spark = [
        port
        for port, (name, program, _) in listening(ours(Place(doors.home))).items()
        if (name, program) == ("speed", "java")
    ]
    told = [greeted(port, framed(RPC_REQUEST, b"who")) for port in spark]
    assert sum(b"SaslMessage" in each for each in told) >= 2, told


@as_root
def test_the_simulator_answers_its_owner_alone(doors: Settings) -> None:
    asked = b"\x00\x01\x00\x00\x00\x06\x01\x03" + struct.pack(">HH", 40_000, 2)
    assert greeted(doors.simulator.port, asked).endswith(b"SunS")
    assert as_nobody(greeted, doors.simulator.port, asked) == b""


def test_the_stack_has_worked_behind_its_doors_all_the_time(doors: Settings) -> None:
    found = status(Place(doors.home))["services"]
    assert {name: (each["state"], each["restarts"]) for name, each in found.items()} == dict.fromkeys(
        found, ("ready", 0)
    )
