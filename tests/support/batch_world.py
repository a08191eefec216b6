"""A small world for the batch layer's tests: homes, their messages, and what a plain sum says of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from confluent_kafka import Producer

from conf import Settings
from energy.topics import REPLAYED
from ingest.catalogue import dated
from ingest.catalogue.dated import CAPACITY, MEMBERSHIP
from store import cassandra
from store.history.periods import Period
from store.kafka import confluent

CUT = datetime(2026, 3, 10, tzinfo=timezone.utc)


def rfc(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def register(settings: Settings, *installations: str, community: str | None = None) -> None:
    session = cassandra.connect(settings)
    insert = "INSERT INTO installation (installation_id, name, kind, capacity_kw, community_id, time_zone) "
    if community is not None:
        session.execute(insert + "VALUES (%s, %s, 'community', null, null, 'Europe/Madrid')", (community, community))
    for installation in installations:
        session.execute(
            insert + "VALUES (%s, %s, 'home', 5.0, %s, 'Europe/Madrid')", (installation, installation, community)
        )
        dated.write(CAPACITY, session, {}, {installation: [Period(5.0)]})
        if community is not None:
            dated.write(MEMBERSHIP, session, {}, {installation: [Period(community)]})
    session.cluster.shutdown()


def send(settings: Settings, topic: str, payloads: Iterable[bytes | dict[str, Any]]) -> None:
    producer = Producer(confluent(settings) | {"linger.ms": 20, "message.max.bytes": 4_194_304})
    for payload in payloads:
        value = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        key = payload.get("installation_id", "") if isinstance(payload, dict) else ""
        producer.produce(topic, value, key=key, headers=[(REPLAYED, b"")])
        producer.poll(0)
    assert producer.flush(30) == 0


def hours(installation: str, first: datetime, count: int, known_at: datetime = CUT) -> Iterator[dict[str, Any]]:
    """Hourly intervals whose numbers differ from hour to hour and whose parts conserve energy."""
    for n in range(count):
        start = first + timedelta(hours=n)
        generation, consumption = (n * 37 % 900) + 0.125, (n * 53 % 700) + 40.5
        used = min(generation, consumption)
        yield {
            "installation_id": installation,
            "meter_id": f"{installation}-official",
            "start": rfc(start),
            "end": rfc(start + timedelta(hours=1)),
            "generation_wh": generation,
            "consumption_wh": consumption,
            "import_wh": consumption - used,
            "export_wh": generation - used,
            "self_consumption_wh": used,
            "method": "measured",
            "source": "test",
            "known_at": rfc(known_at),
        }


def used_more(installation: str, first: datetime, number: int, known_at: datetime) -> dict[str, Any]:
    """A later statement of hour ``number`` from ``first`` on: 5 kWh more used, all from the grid."""
    (record,) = list(hours(installation, first, number + 1, known_at))[-1:]
    return record | {name: record[name] + 5000.0 for name in ("consumption_wh", "import_wh")}


def ramp(installation: str, first: datetime, count: int, step: timedelta, power_w: float) -> Iterator[dict[str, Any]]:
    """An inverter's register that grows by ``power_w`` without a fault."""
    for n in range(count):
        grown = power_w * n * step.total_seconds() / 3600
        yield {
            "installation_id": installation,
            "device_id": f"{installation}-inverter",
            "device_kind": "inverter",
            "time": rfc(first + n * step),
            "source": "test",
            "ac_power_w": power_w,
            "energy_total_wh": round(1000 + grown, 3),
        }


def rows(settings: Settings, installation: str, as_of: str = "~") -> dict[tuple[str, datetime], tuple[Any, ...]]:
    """Of each (quantity, start) the newest value published up to the run ``as_of``: run aside, every column."""
    session = cassandra.connect(settings)
    runs = {r.run_id for r in session.execute("SELECT run_id, published FROM run WHERE name='nightly'") if r.published}
    found = session.execute(
        "SELECT quantity, start, run_id, energy_wh, completeness, method, lower_wh, upper_wh, cause "
        "FROM energy_batch WHERE installation_id = %s ALLOW FILTERING",
        (installation,),
    )
    newest: dict[tuple[str, datetime], tuple[Any, ...]] = {}
    for quantity, start, run_id, *value in found:
        key = (quantity, start.replace(tzinfo=timezone.utc))
        if run_id in runs and run_id <= as_of and run_id > newest.get(key, ("",))[0]:
            newest[key] = (run_id, *value)
    session.cluster.shutdown()
    return {key: tuple(value) for key, (_, *value) in newest.items()}


def published(settings: Settings, installation: str) -> dict[tuple[str, datetime], float]:
    """Of each (quantity, start) the newest published Wh."""
    return {key: value[0] for key, value in rows(settings, installation).items()}
