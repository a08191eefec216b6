"""Messages that are large, packed or deep beside good readings: each costs itself, and the good ones are not late."""

from __future__ import annotations

import json
import secrets
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from confluent_kafka import KafkaError, Message, Producer

from conf import Settings
from energy.topics import MAX_PAYLOAD_BYTES
from store.kafka import confluent
from tests.support.speed_world import Job, Views, until

RUN = secrets.token_hex(3)
HOME = f"beside-{RUN}"
POISON = {
    "large": json.dumps({"installation_id": HOME, "more": "x" * 1_040_000}).encode(),
    "just too large": b"x" * (MAX_PAYLOAD_BYTES + 1),
    "just taken": b"[" * MAX_PAYLOAD_BYTES,
    "deep": b'{"a":' * 12_000,
}
LARGE = 300
"""Large messages of one key: together more than Spark's Arrow writer could hold before they were cut."""
WITHIN = timedelta(seconds=10)


@pytest.fixture(scope="module")
def stack(own_stack: Settings) -> Settings:
    return own_stack


def good(n: int) -> bytes:
    now = datetime.now(timezone.utc)
    head = {"installation_id": HOME, "device_id": "meter-1", "device_kind": "meter"}
    return json.dumps(head | {"time": now.isoformat(), "import_total_wh": 1000.0 + n}).encode()


def test_poison_is_quarantined_while_good_readings_go_on(stack: Settings, job: Job, views: Views) -> None:
    views.register(HOME, ["meter-1"])
    producer = Producer(confluent(stack) | {"message.max.bytes": 4_000_000})
    producer.produce("readings", good(0), HOME)
    assert producer.flush(30) == 0
    until("the first reading is served", lambda: len(views.table("inverter_state", HOME)) == 1)

    poisoned = [*[POISON["large"]] * LARGE, *(each for each in POISON.values() for _ in range(20))]
    for n, payload in enumerate(poisoned):
        producer.produce("readings", payload, HOME)
        producer.poll(0)
        if n % 40 == 0:
            producer.produce("readings", good(1 + n), HOME)
    assert producer.flush(60) == 0
    sent = datetime.now(timezone.utc)
    producer.produce("readings", good(10_000), HOME)
    assert producer.flush(30) == 0

    until("the last good reading is served", lambda: newest(views) > sent - timedelta(seconds=1))
    assert datetime.now(timezone.utc) - sent < WITHIN + timedelta(seconds=20)  # the whole poison was before it
    assert job.alive
    until("all poison is in quarantine", lambda: len(quarantined(views)) == len(poisoned))
    refused = quarantined(views)
    assert max(len(row.payload) for row in refused) <= 8_192
    assert sum(row.payload_bytes > MAX_PAYLOAD_BYTES for row in refused) == LARGE + 40


def quarantined(views: Views) -> list[Any]:
    return list(views.session.execute("SELECT reason, payload, payload_bytes FROM quarantine"))


def newest(views: Views) -> datetime:
    (row,) = views.session.execute("SELECT time FROM inverter_state WHERE installation_id = %s", (HOME,))
    return row.time.replace(tzinfo=timezone.utc)


def test_a_giant_that_packs_small_is_refused_by_the_broker(stack: Settings) -> None:
    settings = confluent(stack) | {"compression.type": "zstd", "message.max.bytes": 900_000_000}
    outcomes: list[KafkaError | None] = []

    def delivered(error: KafkaError | None, _message: Message) -> None:
        outcomes.append(error)

    for size in (5_000_000, 40_000_000):
        producer = Producer(settings)
        producer.produce("readings", b" " * size, HOME, on_delivery=delivered)
        assert producer.flush(60) == 0
        time.sleep(0.1)
    assert [error is not None and error.code() == KafkaError.MSG_SIZE_TOO_LARGE for error in outcomes] == [True, True]
