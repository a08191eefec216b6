"""Doors of docs/security.md, tried as another user of this machine, without a password and with the right one."""

from __future__ import annotations

import os
import re
import socket
import ssl
from datetime import datetime, timezone

import pytest
import requests
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from conf import Settings, logins
from ingest.push.tokens import admit, tokens_file
from serving_layer.access.token import token_of
from stack.up import up
from store import cassandra
from tests.support.nobody import as_nobody

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")


@pytest.fixture(scope="module")
def doors(own_stack: Settings) -> Settings:
    up(own_stack, ["speed", "gateway", "push", "api", "simulator"])
    return own_stack


def rest(settings: Settings, token: str) -> bool:
    """Whether REST answers whoever shows ``token``."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"http://127.0.0.1:{settings.api.port}/v1/installations"
    status = requests.get(url, headers=headers, timeout=30).status_code
    assert status in (200, 401)
    return status == 200


def push(settings: Settings, token: str) -> bool:
    """Whether a reading is taken of whoever shows ``token``."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    now = datetime.now(timezone.utc).isoformat()
    reading = {"installation_id": "finca", "device_id": "m", "device_kind": "meter", "time": now}
    url = f"http://127.0.0.1:{settings.push.port}/v1/readings"
    status = requests.post(url, json=[reading], headers=headers, timeout=30).status_code
    assert status in (202, 401)
    return status == 202


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
    "the push server": (push, "site"),
    "Cassandra": (cassandra_in, "analyst"),
    "Kafka": (kafka_in, "analyst"),
}
"""What is tried, and whose password opens it."""


def secret(settings: Settings, name: str) -> str:
    if name == "site":
        return admit(tokens_file(settings), ["finca"])
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


def test_no_other_node_joins_cassandra(doors: Settings) -> None:
    assert re.search("certificate|handshake failure|reset", str(as_nobody(joins, doors)).lower())
