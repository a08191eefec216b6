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
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from conf import Settings, logins
from energy.topics import TOPICS
from stack.servers import rights
from store import cassandra, kafka
from tests.integration.conftest import come_as

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


def test_an_analyst_reads_and_writes_nothing(stack: Settings) -> None:
    with cassandra.session(come_as(stack, "analyst")) as session:
        assert session.execute("SELECT * FROM installation LIMIT 1") is not None
        with pytest.raises(Unauthorized):
            session.execute("INSERT INTO installation (installation_id) VALUES ('mine')")


def may_write(role: Settings, topic: str) -> bool:
    """Whether the broker takes a message from ``role``: an empty one, which both layers refuse."""
    errors: list[KafkaError | None] = []
    producer = Producer(kafka.confluent(role) | {"message.timeout.ms": 20_000, "log_level": 0})
    producer.produce(topic, b"", partition=0, on_delivery=lambda error, _: errors.append(error))
    assert producer.flush(30) == 0
    (error,) = errors
    assert error is None or "uthoriz" in error.str(), error
    return error is None


def may_read(role: Settings, name: str, topic: str) -> bool:
    """Whether the broker gives ``role`` the first message of ``topic``."""
    group = f"{rights.GROUPS.get(name, 'solera-')}test"
    consumer = Consumer(kafka.confluent(role) | {"group.id": group, "log_level": 0})
    try:
        consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        message = consumer.poll(30)
        assert message is not None
        error = message.error()
        assert error is None or "uthoriz" in error.str(), error
        return error is None
    finally:
        consumer.close()


@pytest.mark.parametrize("name", logins.ROLES)
def test_each_service_writes_and_reads_its_own_topics_alone(stack: Settings, name: str) -> None:
    topics_there, role = (*TOPICS, "quarantine"), come_as(stack, name)
    assert all(may_write(stack, topic) for topic in topics_there)
    assert {topic for topic in topics_there if may_write(role, topic)} == set(rights.WRITES.get(name, ()))
    assert {topic for topic in topics_there if may_read(role, name, topic)} == set(rights.READS.get(name, ()))


def test_no_service_makes_or_ends_topics(stack: Settings) -> None:
    admin = AdminClient(kafka.confluent(come_as(stack, "ingest")) | {"log_level": 0})
    made, ended = admin.create_topics([NewTopic("mine", 1, 1)])["mine"], admin.delete_topics(["readings"])["readings"]
    for asked in (made, ended):
        with pytest.raises(KafkaException, match="uthoriz"):
            asked.result(10)
