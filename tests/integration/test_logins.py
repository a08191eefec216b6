"""Whoever has no password gets neither into Kafka nor into Cassandra, and no other user can read the passwords."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress

import psutil
import pytest
from cassandra import Unauthorized
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from conf import Settings, logins
from stack.servers.administrator import as_user
from stack.up import up
from store import cassandra, kafka

NAMES = (*logins.SERVERS, *logins.ROLES)
SASL = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"}
GUESS = SASL | {"sasl.username": "solera", "sasl.password": "solera"}


def topics(options: Mapping[str, str]) -> set[str]:
    return set(AdminClient({**options, "log_level": "0"}).list_topics(timeout=5).topics)


@pytest.mark.parametrize("guess", [{}, GUESS], ids=["no login", "a guess"])
@pytest.mark.parametrize("door", ["port", "controller_port"])
def test_kafka_shows_its_topics_to_its_login_alone(stack: Settings, door: str, guess: dict[str, str]) -> None:
    with pytest.raises(KafkaException):
        topics({"bootstrap.servers": f"127.0.0.1:{getattr(stack.kafka, door)}"} | guess)
    assert "readings" in topics(kafka.confluent(stack))


@pytest.mark.parametrize("guess", [(), ("cassandra", "cassandra"), ("solera", "solera")], ids="/".join)
def test_cassandra_lets_in_nobody_without_a_password(stack: Settings, guess: tuple[str, ...]) -> None:
    login = PlainTextAuthProvider(*guess) if guess else None
    cluster = Cluster(["127.0.0.1"], port=stack.cassandra.port, auth_provider=login)
    with cluster, pytest.raises(NoHostAvailable, match=r"[Aa]uthenticat|credentials|not permitted to log in"):
        cluster.connect()


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")
@pytest.mark.parametrize("name", NAMES)
def test_another_user_cannot_read_the_passwords(stack: Settings, name: str) -> None:
    path = logins.password_file(stack, name)
    assert path.stat().st_mode & 0o077 == 0
    for each in (path, stack.home / "conf" / "kafka" / "kafka.properties"):
        read = subprocess.run(["/bin/cat", each], user="nobody", group="nogroup", extra_groups=[], capture_output=True)
        assert b"Permission denied" in read.stderr


def test_passwords_stand_in_no_command_line(stack: Settings) -> None:
    passwords = [logins.password_file(stack, name).read_text().strip() for name in NAMES]
    lines: list[str] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            lines += process.cmdline()
    assert not [line for line in lines if any(password in line for password in passwords)]


def test_each_service_comes_to_cassandra_as_its_own_role(own_stack: Settings) -> None:
    up(own_stack, ["speed", "gateway", "api"])
    with cassandra.session(own_stack) as session:
        users = {row.username for row in session.execute("SELECT username FROM system_views.clients")}
    assert {"solera_speed", "solera_ingest", "solera_serving"} <= users


def test_an_analyst_reads_and_writes_nothing(stack: Settings) -> None:
    password = logins.password_file(stack, "analyst").read_text().strip()
    with cassandra.session(as_user(stack, "solera_analyst", password)) as session:
        assert session.execute("SELECT * FROM installation LIMIT 1") is not None
        with pytest.raises(Unauthorized):
            session.execute("INSERT INTO installation (installation_id) VALUES ('mine')")
