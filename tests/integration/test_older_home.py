"""A home that an older version made without logins starts with them, and keeps what it holds."""

from __future__ import annotations

import getpass
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from rich.console import Console

from conf import Settings, logins
from stack.downloads import jars, java
from stack.passwords import make_passwords
from stack.process import Place, spawn, stop
from stack.servers.kafka import make_topics
from stack.services import services
from stack.up import down, up
from store import cassandra, kafka
from store.schema import apply_schema
from tests.support.doors import files
from tests.support.servers.apart import apart
from tests.support.serving_files import put

WITHOUT = {
    "kafka": ("kafka/kafka.properties", r"(?m)^(sasl|listener\.name|authorizer|super)\..*$|SASL_(?=PLAINTEXT)"),
    "cassandra": (
        "cassandra/cassandra.yaml",
        r"(?m)^(authenticator|authorizer|role_manager|server_encryption_options):\n(  .*\n)+",
    ),
}
"""What the configuration of an older version had not."""


@pytest.fixture
def older(tmp_path: Path, new_ports: Callable[[], int]) -> Iterator[Settings]:
    """A home with a row and a message, whose servers asked for no login."""
    settings = apart(tmp_path, new_ports())
    java.have(settings, Console())
    jars.fetch(settings, "kafka", "cassandra")
    place = Place(settings.home)
    make_passwords(settings)
    try:
        for name, (file, logins_of) in WITHOUT.items():
            service = services(settings)[name]
            service.prepare()
            path = settings.home / "conf" / file
            text, changed = re.subn(logins_of, "", path.read_text())
            assert changed >= 4
            path.write_text(text)
            # An older version wrote no administrator into a new node's files.
            shutil.rmtree(settings.home / "data" / "cassandra" / "data", ignore_errors=True)
            spawn(place, service)
        shutil.rmtree(settings.home / "secrets")
        await_ready(lambda: apply_schema(settings))
        await_ready(lambda: make_topics(settings))
        with cassandra.session(settings) as session:
            session.execute("INSERT INTO installation (installation_id, name) VALUES ('kept', 'kept')")
        producer = Producer(kafka.confluent(settings))
        producer.produce("prices", b"kept", partition=0)
        assert producer.flush(30) == 0
        for name in WITHOUT:
            stop(place, name, grace=30)
        yield settings
    finally:
        for name in WITHOUT:
            stop(place, name, grace=5)


def await_ready(ready: Callable[[], object]) -> None:
    until = time.monotonic() + 180
    while True:
        try:
            ready()
        except Exception:
            if time.monotonic() > until:
                raise
            time.sleep(1)
        else:
            return


def test_an_older_home_starts_with_logins_and_keeps_what_it_holds(older: Settings) -> None:
    assert logins.kafka(older) is None
    assert logins.cassandra(older) is None
    try:
        up(older, ["kafka", "cassandra"])
        assert logins.kafka(older)
        with cassandra.session(older) as session:
            row = session.execute("SELECT name FROM installation WHERE installation_id = 'kept'").one()
        consumer = Consumer(kafka.confluent(older) | {"group.id": "test"})
        consumer.assign([TopicPartition("prices", 0, 0)])
        message = consumer.poll(30)
        consumer.close()
    finally:
        down(older)
    assert row.name == "kept"
    assert message is not None
    assert message.value() == b"kept"


def test_files_of_an_older_home_stay_their_owners(tmp_path: Path, new_ports: Callable[[], int]) -> None:
    settings = apart(tmp_path, new_ports())
    without = settings.model_copy(update={"hdfs": settings.hdfs.model_copy(update={"login": False})})
    try:
        up(without, ["namenode", "datanode"])
        put(without, without.hdfs_path("kept.txt"), b"kept")
        down(without)
        up(settings, ["kdc", "namenode", "datanode"])
        place = settings.hdfs_path("kept.txt")
        read, owner = files.as_owner(settings, "-cat", place), files.as_owner(settings, "-stat", "%u", place)
    finally:
        down(settings)
    assert read == (0, "kept")
    assert owner == (0, f"{getpass.getuser()}\n")
