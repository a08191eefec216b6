"""Each door of docs/security.md, tried as another user of this machine, without a password and with the right one."""

from __future__ import annotations

import os
import re
import socket
import ssl
import struct
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import requests
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from conf import Settings, logins
from serving_layer.access.token import token_of
from stack.process import Place, ours
from stack.up import up
from tests.conftest import ports
from tests.support.nobody import as_nobody

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")

RPC_REQUEST, RPC_RESPONSE = 3, 4
"""Kinds of message of Spark's transport: a question, and the answer to one that was let in."""


@pytest.fixture(scope="module")
def doors(own_stack: Settings) -> Settings:
    up(own_stack, ["speed", "gateway", "api", "simulator"])
    return own_stack


def rest(settings: Settings, token: str) -> bool:
    """Whether REST answers whoever shows ``token``."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"http://127.0.0.1:{settings.api.port}/v1/installations"
    status = requests.get(url, headers=headers, timeout=30).status_code
    assert status in (200, 401)
    return status == 200


def page(settings: Settings, token: str) -> bool:
    """Whether the page opens for whoever shows ``token``."""
    url = f"http://127.0.0.1:{settings.api.port}/login"
    with requests.Session() as browser:
        browser.get(url, params={"token": token}, timeout=30)
        shown = browser.get(url.replace("/login", "/"), timeout=30)
    return 'type="password"' not in shown.text


def cassandra_in(settings: Settings, password: str) -> bool:
    """Whether the node lets an analyst with ``password`` in."""
    login = PlainTextAuthProvider(f"{logins.PREFIX}analyst", password) if password else None
    cluster = Cluster(["127.0.0.1"], port=settings.cassandra.port, auth_provider=login, protocol_version=5)
    try:
        return cluster.connect(settings.cassandra.keyspace).execute("SELECT * FROM installation") is not None
    except NoHostAvailable as error:
        if not re.search(r"[Aa]uthenticat|credentials|not permitted to log in", str(error)):
            raise
        return False
    finally:
        cluster.shutdown()


def kafka_in(settings: Settings, password: str) -> bool:
    """Whether the broker lists its topics to an analyst with ``password``."""
    return kafka_lists(settings.kafka.port, f"{logins.PREFIX}analyst", password)


def controller_in(settings: Settings, password: str) -> bool:
    """Whether the controller answers; no service but the broker itself has a login there."""
    return kafka_lists(settings.kafka.controller_port, f"{logins.PREFIX}analyst", password)


def kafka_lists(port: int, user: str, password: str) -> bool:
    options: dict[str, str | int | float | bool] = {"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0}
    if password:
        options |= {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"}
        options |= {"sasl.username": user, "sasl.password": password}
    try:
        return "readings" in AdminClient(options).list_topics(timeout=8).topics
    except KafkaException:
        return False


DOORS = {
    "REST": (rest, "token"),
    "the page": (page, "token"),
    "Cassandra": (cassandra_in, "analyst"),
    "Kafka": (kafka_in, "analyst"),
}
"""What is tried, and whose password opens it."""


def secret(settings: Settings, name: str) -> str:
    return token_of(settings) if name == "token" else logins.password_file(settings, name).read_text().strip()


@pytest.mark.parametrize("door", DOORS)
def test_another_user_comes_in_with_the_password_and_not_without(doors: Settings, door: str) -> None:
    attempt, name = DOORS[door]
    right = secret(doors, name)
    tried = {guess: as_nobody(attempt, doors, guess) for guess in ("", "solera", right[:-1], right)}
    assert tried == {"": False, "solera": False, right[:-1]: False, right: True}


@pytest.mark.parametrize("name", [None, *logins.ROLES])
def test_no_service_comes_to_the_controller(doors: Settings, name: str | None) -> None:
    assert as_nobody(controller_in, doors, secret(doors, name) if name else "") is False


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


def test_no_other_node_joins_cassandra(doors: Settings) -> None:
    assert re.search("certificate|handshake failure|reset", str(as_nobody(joins, doors)).lower())


def lists(path: Path) -> list[str]:
    return [each.name for each in path.iterdir()]


def reads(path: Path) -> bytes:
    return path.read_bytes()


def test_another_user_sees_no_file_of_the_home(doors: Settings) -> None:
    assert isinstance(as_nobody(lists, doors.home), PermissionError)
    files = [path for path in doors.home.rglob("*") if path.is_file()]
    assert len(files) > 100
    for path in (doors.home / "token", *(doors.home / "secrets").iterdir(), *(doors.home / "conf").rglob("*.*")):
        assert isinstance(as_nobody(reads, path), PermissionError | IsADirectoryError), path


def listening(settings: Settings) -> dict[int, tuple[str, str]]:
    """Service and program of each port at which a process of this home listens."""
    return {
        each.laddr.port: (name, process.name())
        for name, process in ours(Place(settings.home))
        for each in process.net_connections("inet")
        if each.status == psutil.CONN_LISTEN
    }


def greeted(port: int, sent: bytes) -> bytes:
    """What whoever listens at ``port`` answers to ``sent``; nothing where it closes or keeps silent."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.settimeout(5)
        try:
            connection.sendall(sent)
            return connection.recv(4096)
        except OSError:
            return b""


def framed(kind: int, body: bytes) -> bytes:
    """A message of Spark's transport: the length of all, its kind, a number, and a body with its length."""
    return struct.pack(">qBqi", 8 + 1 + 8 + 4 + len(body), kind, 7, len(body)) + body


GREETINGS: dict[str, tuple[bytes, Callable[[bytes], bool]]] = {
    "a driver or its blocks": (framed(RPC_REQUEST, b"who"), lambda told: told[8:9] == bytes([RPC_RESPONSE])),
    "a gateway to Java": (b"c\nj\ngetClass\ne\n", lambda told: told.startswith(b"!y")),
    "a worker": (struct.pack(">i", 6) + b"secret", lambda told: told[4:] == b"ok"),
}
"""What is said to each of Spark's ports, and when the answer is one to a friend."""


def test_ports_that_spark_opens_ask_for_a_secret(doors: Settings) -> None:
    spark = {port: of for port, of in listening(doors).items() if port not in ports(doors)}
    assert {name for name, _ in spark.values()} == {"speed"}
    assert {program for _, program in spark.values()} >= {"java"}
    let_in = {
        (of, what): told
        for port, of in spark.items()
        for what, (sent, is_friendly) in GREETINGS.items()
        if is_friendly(told := as_nobody(greeted, port, sent))
    }
    assert not let_in


def test_spark_says_that_it_wants_a_login(doors: Settings) -> None:
    told = [
        as_nobody(greeted, port, framed(RPC_REQUEST, b"who"))
        for port, (_, program) in listening(doors).items()
        if port not in ports(doors) and program == "java"
    ]
    assert any(b"SaslMessage" in each for each in told), told


@pytest.mark.parametrize(("function", "is_open"), [(b"\x03", True), (b"\x06", False)], ids=["reads", "writes"])
def test_the_simulator_is_read_by_anybody_and_written_by_nobody(
    doors: Settings, function: bytes, is_open: bool
) -> None:
    asked = b"\x00\x01\x00\x00\x00\x06\x01" + function + struct.pack(">HH", 40_000, 2)
    told = as_nobody(greeted, doors.simulator.port, asked)
    assert (told[7:8] == function) is is_open, told
