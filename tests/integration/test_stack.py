"""The one-machine stack on real servers: up, watched, loopback only, down."""

from __future__ import annotations

import ipaddress
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient

from conf import Settings
from energy.topics import TOPICS
from stack.preflight import Unfit
from stack.process import Place, leader, ours, resident
from stack.services import SERVERS, environment
from stack.up import down, status, up
from store.cassandra import connect
from store.hadoop import namenode
from store.kafka import kafka_python
from tests.support.servers.apart import apart

SOLERA = Path(sys.executable).parent / "solera"


def pids(settings: Settings) -> dict[str, int]:
    place = Place(settings.home)
    return {name: head.pid for name in (*SERVERS, "watch") if (head := leader(place, name))}


def solera(settings: Settings, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [SOLERA, *arguments],
        env={**os.environ, **environment(settings)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def restarted(settings: Settings, name: str, old: int) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        state = status(Place(settings.home))["services"][name]
        if state["state"] == "ready" and state["pid"] != old:
            return
        time.sleep(0.2)
    raise AssertionError(f"{name} did not come back: {state}")


def test_second_up_changes_nothing(stack: Settings) -> None:
    before = pids(stack)
    up(stack, ["servers"])
    assert pids(stack) == before
    assert len(before) == 6


def test_topics_carry_the_brokers_clock(stack: Settings) -> None:
    admin = KafkaAdminClient(**kafka_python(stack))
    try:
        assert {*TOPICS, "quarantine"} <= set(admin.list_topics())
    finally:
        admin.close()
    producer = KafkaProducer(**kafka_python(stack))
    sent = producer.send("prices", b"{}", timestamp_ms=1).get(30)
    producer.close()
    assert abs(sent.timestamp / 1000 - time.time()) < 120


def test_nothing_listens_beyond_loopback(stack: Settings) -> None:
    listening = [
        (name, each.laddr)
        for name, process in ours(Place(stack.home))
        for each in process.net_connections("inet")
        if each.status == psutil.CONN_LISTEN
    ]
    assert {name for name, _ in listening} >= set(SERVERS)
    beyond = [each for each in listening if not _is_loopback(each[1].ip)]
    assert not beyond


def _is_loopback(address: str) -> bool:
    found = ipaddress.ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


def test_servers_stay_within_their_memory(stack: Settings) -> None:
    assert sum(resident(process) for _, process in ours(Place(stack.home))) < 3.0 * 2**30


def test_killed_broker_is_started_again_with_what_it_acknowledged(stack: Settings) -> None:
    producer = KafkaProducer(**kafka_python(stack), acks="all")
    sent = producer.send("prices", b"kept").get(30)
    producer.close()
    old = pids(stack)["kafka"]
    os.kill(old, signal.SIGKILL)
    restarted(stack, "kafka", old)
    consumer = KafkaConsumer("prices", **kafka_python(stack), auto_offset_reset="earliest", consumer_timeout_ms=30_000)
    assert any(
        message.value == b"kept" and (message.partition, message.offset) == (sent.partition, sent.offset)
        for message in consumer
    )
    consumer.close()


def test_killed_cassandra_is_started_again_with_what_it_acknowledged(stack: Settings) -> None:
    session = connect(stack)
    session.execute("INSERT INTO installation (installation_id, name) VALUES ('kept', 'kept')")
    session.cluster.shutdown()
    old = pids(stack)["cassandra"]
    os.kill(old, signal.SIGKILL)
    restarted(stack, "cassandra", old)
    session = connect(stack)
    row = session.execute("SELECT name FROM installation WHERE installation_id = 'kept'").one()
    session.execute("DELETE FROM installation WHERE installation_id = 'kept'")
    session.cluster.shutdown()
    assert row.name == "kept"


def test_port_of_another_stack_is_refused_in_one_sentence(stack: Settings, tmp_path: Path) -> None:
    second = apart(tmp_path, stack.port_offset)
    with pytest.raises(Unfit, match=rf"Port {stack.kafka.port} \(kafka\.port\) is in use"):
        up(second, ["kafka"])
    asked = solera(second, "up", "--only", "kafka")
    said, _ = asked.communicate(timeout=60)
    assert asked.returncode == 1
    assert said.count("\n") == 1, said
    assert "SOLERA_KAFKA__PORT" in said
    assert not ours(Place(tmp_path))


@pytest.fixture
def fresh(tmp_path: Path, new_ports: Callable[[], int]) -> Iterator[Settings]:
    """Settings of a stack that has never run."""
    settings = apart(tmp_path / "a home", new_ports())
    yield settings
    down(settings)


def test_interrupted_up_goes_on_at_the_second_call_and_down_leaves_nothing(fresh: Settings) -> None:
    first = solera(fresh, "up", "--only", "kafka")
    while not (fresh.home / "run" / "kafka.pid").exists():
        assert first.poll() is None, first.stdout and first.stdout.read()
        time.sleep(0.05)
    first.send_signal(signal.SIGINT)
    said, _ = first.communicate(timeout=30)
    assert first.returncode == 130
    assert "Traceback" not in said
    second = solera(fresh, "up", "--only", "kafka")
    said, _ = second.communicate(timeout=180)
    assert second.returncode == 0, said
    assert "kafka" in solera(fresh, "status").communicate(timeout=60)[0]
    found = json.loads(solera(fresh, "status", "--json").communicate(timeout=60)[0])
    assert {each["service"]: each["state"] for each in found["services"]}["kafka"] == "ready"
    stopped = solera(fresh, "down")
    said, _ = stopped.communicate(timeout=120)
    assert stopped.returncode == 0
    assert "kafka" in said
    assert not ours(Place(fresh.home))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", fresh.kafka.port))


def test_watch_that_was_killed_is_started_again_and_keeps_the_servers(fresh: Settings) -> None:
    up(fresh, ["kafka"])
    before = pids(fresh)
    os.kill(before["watch"], signal.SIGKILL)
    up(fresh, ["kafka"])
    after = pids(fresh)
    assert after["kafka"] == before["kafka"]
    assert after["watch"] != before["watch"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_no_browser_may_use_webhdfs(stack: Settings, method: str) -> None:
    url = f"{namenode.pages(stack)}/webhdfs/v1/?op=LISTSTATUS"
    with namenode.asker(stack) as session:
        answer = session.request(
            method, url, headers={"User-Agent": "Mozilla/5.0", "Origin": "http://evil"}, timeout=10
        )
    assert answer.status_code == 400


def test_what_the_stack_writes_is_its_owners_alone(stack: Settings) -> None:
    assert stack.home.stat().st_mode & 0o777 == 0o700
    written = [path for path in (stack.home / "data").rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if path.stat().st_mode & 0o077]


def test_cassandra_opens_no_door_for_its_managing(stack: Settings) -> None:
    cassandra = int((stack.home / "run" / "cassandra.pid").read_text())
    doors = {each.laddr.port for each in psutil.Process(cassandra).net_connections() if each.status == "LISTEN"}
    assert doors == {stack.cassandra.port, stack.cassandra.storage_port}
