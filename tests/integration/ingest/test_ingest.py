"""Ingest on real servers: gateway against a Modbus TCP simulator, replay, catalogue."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from kafka.admin import KafkaAdminClient, NewTopic
from typer.testing import CliRunner

from conf import Settings
from ingest.catalogue.entries import CatalogueError, parse_catalogue
from ingest.catalogue.registration import write_catalogue
from ingest.simulator.citylearn import HomesUnavailableError, load_homes
from ingest.simulator.jerez import load_jerez
from stack.cli import app
from store.cassandra import connect
from store.kafka import kafka_python
from tests.support.kafka_topic import messages

HOME = "ingest-home"
REPLAYED = "ingest-replayed"
PORT_SHIFT = 1
"""The simulator of these tests stands beside the demo's: reading a simulated clock moves it on."""


@pytest.fixture(scope="module")
def session(stack: Settings) -> Iterator[Any]:
    session = connect(stack)
    yield session
    session.cluster.shutdown()


def entry(settings: Settings, **more: Any) -> dict[str, Any]:
    connection = {
        "protocol": "sunspec-tcp",
        "host": settings.simulator.host,
        "port": settings.simulator.port + PORT_SHIFT,
        "clock": "device",
    }
    return {
        "installation_id": HOME,
        "kind": "home",
        "time_zone": "America/Los_Angeles",
        "devices": [
            {
                "device_id": f"{HOME}-inverter",
                "device_kind": "inverter",
                "connection": connection | {"unit": 1},
            },
            {"device_id": f"{HOME}-meter", "device_kind": "meter", "connection": connection | {"unit": 2}},
        ],
    } | more


@pytest.fixture
def catalogue(session: Any, stack: Settings) -> Iterator[None]:
    write_catalogue(session, parse_catalogue(entry(stack)), datetime.now(timezone.utc))
    yield
    session.execute("DELETE FROM device WHERE installation_id = %s", [HOME])
    session.execute("DELETE FROM installation WHERE installation_id = %s", [HOME])


@contextmanager
def running(module: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-m", module], stdout=sys.stderr) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)


def wait_for(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(FileNotFoundError):
            found = condition()
            if found:
                return found
        time.sleep(0.2)
    raise AssertionError(f"after {seconds:g} s still not: {what}")


def readings(settings: Settings, device_id: str) -> list[dict[str, Any]]:
    own = (json.loads(m.value) for m in messages(settings, "readings") if m.key == HOME.encode())
    return [record for record in own if record["device_id"] == device_id]


def report(settings: Settings) -> dict[str, Any]:
    text = (settings.home / "run" / "gateway.json").read_text()
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.fixture
def simulator(stack: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    try:
        load_homes(stack.cache)
    except HomesUnavailableError as error:
        pytest.skip(str(error))
    load_jerez(stack.cache)  # made once, it takes the processor for seconds
    (stack.home / "run" / "simulator.json").unlink(missing_ok=True)
    address = (stack.simulator.host, stack.simulator.port + PORT_SHIFT)
    monkeypatch.setenv("SOLERA_SIMULATOR__PORT", str(address[1] - stack.port_offset))
    with running("ingest.simulator"):
        wait_for(lambda: _listens(address), 30, "the simulator listening")
        yield


def _listens(address: tuple[str, int]) -> bool:
    with suppress(ConnectionRefusedError), socket.create_connection(address, timeout=1):
        return True
    return False


def test_today_arrives_whole_then_live_and_outlives_broker_and_gateway(
    stack: Settings, catalogue: None, simulator: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOLERA_GATEWAY__POLL_SECONDS", "1")
    meter = f"{HOME}-meter"
    broker = int((stack.home / "run" / "kafka.pid").read_text())
    (stack.home / "run" / "gateway.json").unlink(missing_ok=True)

    with running("ingest.gateway") as gateway:
        wait_for(lambda: _live(report(stack), meter), 90, "today's backlog polled")
        os.kill(broker, signal.SIGSTOP)
        try:
            wait_for(lambda: report(stack)["kafka_error"], 30, "the broker's absence said")
            gateway.kill()
            gateway.wait()
        finally:
            os.kill(broker, signal.SIGCONT)
    base = sqlite3.connect(stack.home / "gateway" / "outbox.sqlite")
    kept = [json.loads(row[0]) for row in base.execute("SELECT value FROM message ORDER BY id")]
    base.close()
    assert kept

    (stack.home / "run" / "gateway.json").unlink()
    with running("ingest.gateway"):
        wait_for(lambda: _live(report(stack), meter) and report(stack)["kept"] == 0, 60, "the outbox emptied")

    found = readings(stack, meter)
    assert all(record in found for record in kept if record["device_id"] == meter)
    _check_complete(found)


def _live(found: dict[str, Any], device_id: str) -> bool:
    last = (found["devices"].get(f"{HOME}/{device_id}") or {}).get("last_time", "")
    return bool(last) and datetime.now(timezone.utc) - _instant(last) < timedelta(seconds=10)


def _check_complete(found: list[dict[str, Any]]) -> None:
    """Every quarter-hour edge of today is there, and the registers of all instants in order never fall."""
    by_time = {_instant(record["time"]): record for record in found}
    first, last = min(by_time), max(by_time)
    assert first == last.replace(hour=0, minute=0, second=0)
    edges = [first + n * timedelta(minutes=15) for n in range((last - first) // timedelta(minutes=15) + 1)]
    assert set(edges) <= by_time.keys()
    registers = [by_time[instant]["import_total_wh"] for instant in sorted(by_time)]
    assert registers == sorted(registers)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_a_device_that_is_not_there_is_named_and_the_others_go_on(
    stack: Settings, session: Any, simulator: None, catalogue: None
) -> None:
    lost = entry(stack)
    lost["devices"][1]["connection"]["unit"] = 200
    write_catalogue(session, parse_catalogue(lost), datetime.now(timezone.utc))
    (stack.home / "run" / "gateway.json").unlink(missing_ok=True)
    with running("ingest.gateway"):
        devices = wait_for(
            lambda: (d := report(stack)["devices"]) and d[f"{HOME}/{HOME}-meter"]["error"] and d, 30, "the error said"
        )
        assert "unit 200" in devices[f"{HOME}/{HOME}-meter"]["error"]
        wait_for(lambda: report(stack)["devices"][f"{HOME}/{HOME}-inverter"]["readings"] > 1, 30, "the inverter read")


@pytest.fixture
def topic(stack: Settings) -> Iterator[str]:
    admin = KafkaAdminClient(**kafka_python(stack))
    with suppress(Exception):
        admin.delete_topics([REPLAYED])
    wait_for(lambda: REPLAYED not in admin.list_topics(), 20, "the topic gone")
    admin.create_topics([NewTopic(REPLAYED, 4, 1, topic_configs={"max.message.bytes": "4194304"})])
    admin.wait_for_topics([REPLAYED])
    yield REPLAYED
    admin.delete_topics([REPLAYED])
    admin.close()


def test_replay_publishes_every_line_as_it_stands(stack: Settings, topic: str, tmp_path: Path) -> None:
    first = [b'{"installation_id":"a", "n":%d}' % n for n in range(500)] + [b"not json \xff", b"", b"{}"]
    second = [b"x" * 2_000_000, *(b'{"installation_id":"b","n":%d}' % n for n in range(500))]
    (tmp_path / "first.jsonl").write_bytes(b"\n".join(first) + b"\n")
    (tmp_path / "second.jsonl.gz").write_bytes(gzip.compress(b"\n".join(second)))
    files = [str(tmp_path / "first.jsonl"), str(tmp_path / "second.jsonl.gz")]
    result = CliRunner().invoke(app, ["replay", *files, "--topic", topic])
    assert result.exit_code == 0, result.output
    assert "1004 messages acknowledged" in result.output
    assert sorted(m.value for m in messages(stack, topic)) == sorted(first + second)


def test_replay_keeps_the_order_of_a_key(stack: Settings, tmp_path: Path) -> None:
    path = tmp_path / "weather.jsonl"
    run = f"ingest-{time.time_ns()}"
    path.write_text("".join(f'{{"location_id":"{run}-{n % 3}","n":{n}}}\n' for n in range(3000)))
    result = CliRunner().invoke(app, ["replay", str(path), "--topic", "weather"])
    assert result.exit_code == 0, result.output
    seen: dict[bytes, list[int]] = {}
    for message in sorted(messages(stack, "weather"), key=lambda m: (m.partition, m.offset)):
        if message.key and message.key.startswith(run.encode()):
            seen.setdefault(message.key, []).append(json.loads(message.value)["n"])
    assert seen == {f"{run}-{k}".encode(): list(range(k, 3000, 3)) for k in range(3)}


def test_replay_paces_and_names_an_unknown_topic(stack: Settings, topic: str, tmp_path: Path) -> None:
    path = tmp_path / "few.jsonl"
    path.write_text("{}\n" * 11)
    begun = time.monotonic()
    assert CliRunner().invoke(app, ["replay", str(path), "--topic", topic, "--rate", "10"]).exit_code == 0
    assert 1.0 <= time.monotonic() - begun < 5.0
    result = CliRunner().invoke(app, ["replay", str(path), "--topic", "no-such"])
    assert result.exit_code == 1
    assert "there is no topic no-such" in result.output


def test_registering_again_updates_what_is_stated_and_two_homes_may_use_one_device_id(
    stack: Settings, session: Any, catalogue: None
) -> None:
    write_catalogue(session, parse_catalogue({"installation_id": HOME, "capacity_kw": 4.5}), datetime.now(timezone.utc))
    row = session.execute("SELECT * FROM installation WHERE installation_id = %s", [HOME]).one()
    assert (row.capacity_kw, row.time_zone, row.latitude) == (4.5, "America/Los_Angeles", None)
    other = "ingest-other"
    write_catalogue(
        session,
        parse_catalogue({"installation_id": other, "devices": entry(stack)["devices"]}),
        datetime.now(timezone.utc),
    )
    try:
        for installation in (HOME, other):
            rows = session.execute("SELECT device_id FROM device WHERE installation_id = %s", [installation])
            assert {row.device_id for row in rows} == {f"{HOME}-inverter", f"{HOME}-meter"}
    finally:
        session.execute("DELETE FROM device WHERE installation_id = %s", [other])
        session.execute("DELETE FROM installation WHERE installation_id = %s", [other])
    with pytest.raises(CatalogueError, match="community_id nowhere is not registered"):
        write_catalogue(session, parse_catalogue(entry(stack, community_id="nowhere")), datetime.now(timezone.utc))
