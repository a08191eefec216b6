"""From a producer's send to the row visible by CQL, at a steady rate."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone
from statistics import quantiles

from _speed_readings import DEVICES, reading
from confluent_kafka import Producer

from conf import Settings, cassandra

PROBES = 20
"""Devices whose rows are watched; each sends once a second at a rate of one a device and second."""


def latencies(settings: Settings, seconds: float, rate: int, devices: int = DEVICES) -> list[float]:
    """Seconds from send to sight of each reading of the watched devices."""
    sent: dict[str, list[float]] = {}
    stop = threading.Event()
    thread = threading.Thread(target=_send, args=(settings, seconds, rate, devices, sent, stop))
    session = cassandra.connect(settings)
    look = session.prepare(
        "SELECT toUnixTimestamp(time) AS ms FROM inverter_state WHERE installation_id = ? AND device_id = ?"
    )
    probes = list(range(0, devices, max(1, devices // PROBES)))[:PROBES]
    names = {device: f"bench-{device // 2:04d}" for device in probes}
    found: list[float] = []
    thread.start()
    grace = time.time() + seconds + 60
    while (thread.is_alive() or any(sent.values())) and time.time() < grace:
        for device, installation in names.items():
            kind = "meter" if device % 2 else "inverter"
            row = session.execute(look, (installation, f"{installation}-{kind}")).one()
            now = time.time()
            waiting = sent.get(f"{installation}-{kind}", [])
            while waiting and row is not None and row.ms is not None and round(waiting[0] * 1000) <= row.ms:
                found.append(now - waiting.pop(0))
    stop.set()
    thread.join()
    session.cluster.shutdown()
    return found


def percentiles(seconds: list[float]) -> tuple[float, float]:
    """p50 and p95."""
    cuts = quantiles(seconds, n=20)
    return cuts[9], cuts[18]


def _send(
    settings: Settings, seconds: float, rate: int, devices: int, sent: dict[str, list[float]], stop: threading.Event
) -> None:
    producer = Producer({"bootstrap.servers": settings.kafka_servers, "enable.idempotence": True, "linger.ms": 5})
    first = time.time()
    number = 0
    while number < seconds * rate and not stop.is_set():
        now = time.time()
        while number < (now - first) * rate:
            device, step = number % devices, number // devices
            at = round(time.time(), 3)
            key, value = reading(device, datetime.fromtimestamp(at, timezone.utc), 100_000 + step)
            sent.setdefault(f"{key}-{'meter' if device % 2 else 'inverter'}", []).append(at)
            producer.produce("readings", value, key)
            number += 1
        producer.poll(0)
        time.sleep(0.005)
    producer.flush()
