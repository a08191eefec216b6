"""A world's devices at an MQTT broker: each publishes its readings as they arrive, with repeats and out of order."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from threading import Event
from typing import Any

from conf.sections import MqttSettings
from ingest.simulator.truth.true_time import HEARD_AT, heard_at
from store import mqtt

CLIENT_ID = "solera-world"
PAUSE_SECONDS = 0.05
NAMES = frozenset({"schema", "installation_id", "device_id", "device_kind", "source", "time", HEARD_AT})
"""Fields of a reading that are no value."""
Reading = Mapping[str, Any]


def topic(reading: Reading) -> str:
    """The topic to which the reading's device publishes."""
    return f"world/{reading['installation_id']}/{reading['device_id']}"


def rules(by_device: Mapping[str, Sequence[Reading]]) -> list[dict[str, Any]]:
    """The content of a ``push.yaml`` that takes all devices, by the time that each says."""
    return [
        {**{name: own[0][name] for name in ("installation_id", "device_id", "device_kind")},
         "time": "time",
         "inputs": {name: {"input": topic(own[0]), "path": name} for name in own[0] if name not in NAMES}}
        for own in by_device.values()
    ]  # fmt: skip


def arrivals(by_device: Mapping[str, Sequence[Reading]]) -> list[tuple[datetime, Reading]]:
    """All readings and when they arrive: a device's in its own order, none before the one that it sent before."""
    due: list[tuple[datetime, Reading]] = []
    for own in by_device.values():
        due += zip(accumulate(map(heard_at, own), max), own, strict=True)
    return sorted(due, key=lambda each: each[0])


def publish(
    due: Iterable[tuple[datetime, Reading]], broker: MqttSettings, now: Callable[[], datetime], stop: Event
) -> int:
    """Publish by QoS 1 what is ``due`` as ``now`` goes on, until all is or ``stop`` is set; how much the broker has."""
    client, acknowledged, sent = mqtt.client(broker, CLIENT_ID), Counter[str](), 0
    # What is published before there is a connection is sent once there is.
    client.on_publish = lambda *_: acknowledged.update(["messages"])
    mqtt.connect(client, broker)
    for each in _in_time(due, now, stop):
        sent += 1
        client.publish(topic(each), json.dumps(_payload(each)), qos=1)
    while acknowledged.total() < sent and not stop.is_set():
        stop.wait(PAUSE_SECONDS)
    mqtt.disconnect(client)
    return acknowledged.total()


def _in_time(due: Iterable[tuple[datetime, Reading]], now: Callable[[], datetime], stop: Event) -> Iterator[Reading]:
    for at, each in due:
        while at > now():
            if stop.wait(PAUSE_SECONDS):
                return
        yield each


def _payload(reading: Reading) -> dict[str, Any]:
    return {name: value for name, value in reading.items() if name not in NAMES or name == "time"}
