"""A speed job of its own for the tests, what is sent to it, and what it made of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from conf import Settings
from energy.energy_row import EnergyRow
from energy.topics import REPLAYED
from ingest.catalogue import dated
from ingest.catalogue.dated import CAPACITY, MEMBERSHIP
from store import cassandra
from store.history.periods import Period
from store.kafka import confluent

PATIENCE_SECONDS = 480.0


def until(what: str, holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.2)


class Job:
    """One process of ``speed_layer.job`` with its own home (its report) and checkpoint."""

    def __init__(self, settings: Settings, home: Path) -> None:
        self.home = home
        self.checkpoint = home / "checkpoint"
        self.log = home / "job.log"
        self._environment = {
            **os.environ,
            "SOLERA_HOME": str(home),
            "SOLERA_SPARK__CHECKPOINT": self.checkpoint.as_uri(),
            "SOLERA_SPARK__ENERGY_TRIGGER": "1s",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "speed_layer.job"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    def kill(self) -> None:
        """As kill -9 of the whole job: driver, JVM and workers."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(60)

    def report(self) -> dict[str, Any]:
        path = self.home / "run" / "speed.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def _committed(self, query: str) -> dict[str, int]:
        """The offset after the last committed batch, by partition."""
        directory = self.checkpoint / "speed" / query
        batch = max(map(_number, directory.glob("commits/*")), default=-1)
        if batch < 0:
            return {}
        *_, offsets = (directory / "offsets" / str(batch)).read_text().splitlines()
        following: dict[str, int] = json.loads(offsets)["readings"]
        return following

    def follow(self, ends: dict[str, int]) -> None:
        """Wait until both queries have done everything up to the ``ends`` of the topic."""

        def done() -> bool:
            assert self.alive, self.log.read_text()[-3000:]
            reached = [self._committed(query) for query in ("readings", "energy")]
            return all(following.get(p, 0) > end for p, end in ends.items() for following in reached)

        until("the speed job follows the topic", done)


def _number(path: Path) -> int:
    return int(path.name) if path.name.isdigit() else -1


def send(settings: Settings, messages: Iterable[tuple[str | None, bytes]]) -> None:
    producer = Producer(confluent(settings) | {"enable.idempotence": True, "message.max.bytes": 4_000_000})
    for key, value in messages:
        producer.produce("readings", value, key, headers=[(REPLAYED, b"")])
        producer.poll(0)
        while len(producer) > 20_000:
            producer.poll(0.05)
    assert producer.flush(60) == 0


def topic_ends(settings: Settings, topic: str = "readings") -> dict[str, int]:
    """The last offset of each partition that has messages."""
    consumer = Consumer(confluent(settings) | {"group.id": "test"})
    try:
        partitions = consumer.list_topics(topic, 10).topics[topic].partitions
        ends = {str(p): consumer.get_watermark_offsets(TopicPartition(topic, p))[1] - 1 for p in partitions}
    finally:
        consumer.close()
    return {partition: end for partition, end in ends.items() if end >= 0}


def quarantine_topic(settings: Settings) -> list[dict[str, Any]]:
    consumer = Consumer(confluent(settings) | {"group.id": "test"})
    ends = topic_ends(settings, "quarantine")
    found = []
    try:
        for partition, end in ends.items():
            consumer.assign([TopicPartition("quarantine", int(partition), 0)])
            while True:
                message = consumer.poll(10)
                assert message is not None
                value, offset = message.value(), message.offset()
                assert value is not None
                assert offset is not None
                found.append(json.loads(value))
                if offset >= end:
                    break
    finally:
        consumer.close()
    return found


class Views:
    """The tables as a test reads them."""

    def __init__(self, settings: Settings) -> None:
        self.session = cassandra.connect(settings)

    def register(self, installation: str, devices: Iterable[str] = (), community: str | None = None) -> None:
        insert = "INSERT INTO installation (installation_id, name, kind, capacity_kw, community_id) "
        if community is not None:
            self.session.execute(insert + "VALUES (%s, %s, 'community', null, null)", (community, community))
        self.session.execute(insert + "VALUES (%s, %s, 'home', 10, %s)", (installation, installation, community))
        dated.write(CAPACITY, self.session, {}, {installation: [Period(10.0)]})
        if community is not None:
            dated.write(MEMBERSHIP, self.session, {}, {installation: [Period(community)]})
        for device in devices:
            kind = device.rsplit("-", 1)[-1]
            self.session.execute(
                "INSERT INTO device (installation_id, device_id, device_kind) VALUES (%s, %s, %s)",
                (installation, device, kind),
            )

    def ledger(self) -> dict[str, int]:
        rows = list(self.session.execute("SELECT * FROM ingest_ledger WHERE topic = 'readings' AND layer = 'speed'"))
        for row in rows:
            assert row.received == row.accepted + row.duplicate + row.quarantined
            assert row.written_at is not None
        names = ("received", "accepted", "duplicate", "quarantined", "late")
        return {name: sum(getattr(row, name) for row in rows) for name in names}

    def energy(self, installation: str, month: datetime) -> dict[tuple[str, datetime], EnergyRow]:
        rows = self.session.execute(
            f"SELECT {', '.join(EnergyRow._fields)} FROM energy_speed WHERE installation_id = %s AND month = %s",  # noqa: S608
            (installation, month.date().replace(day=1)),
        )
        found = [EnergyRow(**{**row._asdict(), "start": row.start.replace(tzinfo=timezone.utc)}) for row in rows]
        return {(row.quantity, row.start): row for row in found}

    def table(self, name: str, partition: str) -> list[Any]:
        """Every row of ``name`` whose first key column begins with ``partition``."""
        query = f"SELECT * FROM {name}"  # noqa: S608
        return sorted(
            (row for row in map(tuple, self.session.execute(query)) if row[0].startswith(partition)),
            key=repr,
        )
