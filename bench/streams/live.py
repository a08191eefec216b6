"""From a producer's send to the row visible by CQL, at a steady rate."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone
from statistics import quantiles

from confluent_kafka import Producer

from bench.streams.readings import DEVICES, reading
from conf import Settings
from store import cassandra
from store.kafka import confluent

PROBES = 20
"""Devices whose rows are watched; each sends once a second at a rate of one a device and second."""
LOOK_SECONDS = 0.05
"""Pause between two looks at all of them: the most by which a latency is overstated."""


def latencies(
    settings: Settings, seconds: float, rate: int, devices: int = DEVICES, sent: dict[str, list[float]] | None = None
) -> list[float]:
    """Seconds from send to sight of each reading of the watched devices; ``sent`` keeps the sends, in Unix time."""
    stop = threading.Event()
    session = cassandra.connect(settings)
    look = session.prepare(
        "SELECT device_id, toUnixTimestamp(time) AS ms FROM inverter_state WHERE installation_id IN ?"
    )
    probes = list(range(0, devices, max(1, devices // PROBES)))[:PROBES]
    sent = {} if sent is None else sent
    sent.update({_name(device): [] for device in probes})
    seen = dict.fromkeys(sent, 0)
    thread = threading.Thread(target=_send, args=(settings, seconds, rate, devices, sent, stop))
    installations = sorted({f"bench-{device // 2:04d}" for device in probes})
    found: list[float] = []
    thread.start()
    grace = time.time() + seconds + 60
    while (thread.is_alive() or any(len(sent[each]) > seen[each] for each in sent)) and time.time() < grace:
        # To look without a pause would keep a core busy that the readings need.
        time.sleep(LOOK_SECONDS)
        rows = session.execute(look, (installations,)).all()
        now = time.time()
        for row in rows:
            for at in sent.get(row.device_id, [])[seen.get(row.device_id, 0) :]:
                if row.ms is None or round(at * 1000) > row.ms:
                    break
                found.append(now - at)
                seen[row.device_id] += 1
    stop.set()
    thread.join()
    session.cluster.shutdown()
    return found


def _name(device: int) -> str:
    return f"bench-{device // 2:04d}-{'meter' if device % 2 else 'inverter'}"


def percentiles(seconds: list[float]) -> tuple[float, float]:
    """p50 and p95."""
    cuts = quantiles(seconds, n=20)
    return cuts[9], cuts[18]


def _send(
    settings: Settings, seconds: float, rate: int, devices: int, sent: dict[str, list[float]], stop: threading.Event
) -> None:
    producer = Producer(confluent(settings) | {"enable.idempotence": True, "linger.ms": 5})
    first = time.time()
    number = 0
    while number < seconds * rate and not stop.is_set():
        due = min(time.time() - first, seconds) * rate
        while number < due:
            device = number % devices
            at = round(time.time(), 3)
            key, value = reading(device, datetime.fromtimestamp(at, timezone.utc))
            if _name(device) in sent:
                sent[_name(device)].append(at)
            producer.produce("readings", value, key)
            number += 1
        producer.poll(0)
        time.sleep(0.005)
    producer.flush()
