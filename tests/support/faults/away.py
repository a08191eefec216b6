"""The broker away: what the gateway keeps meanwhile, the order it sends it in, and how soon views catch up."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from ingest.gateway.outbox import Outbox
from ingest.publishing.message import message
from stack.process import leader
from store.instants import rfc3339
from store.kafka import kafka_python
from tests.support.faults.devices import FIRST_WH, STEP_WH
from tests.support.faults.kills import BACK_WITHIN, is_fresh, served_wh
from tests.support.faults.load import until
from tests.support.faults.views import inverter
from tests.support.faults.world import World

HOMES = 1000
"""Of a reading a second each."""
BAR_S = 60.0
CAUGHT_UP_WITHIN = 600.0


@contextmanager
def without(world: World, *parts: str) -> Iterator[None]:
    """``parts`` are gone, and nobody starts them again, within."""
    watch = world.pid("watch")
    os.kill(watch, signal.SIGSTOP)
    for part in parts:
        os.kill(world.pid(part), signal.SIGKILL)
    try:
        yield
    finally:
        os.kill(watch, signal.SIGCONT)


def catch_up(world: World, away_s: float, readings_s: float) -> tuple[float, float]:
    """Let the broker be away for ``away_s`` and the gateway of a thousand devices then hold ``readings_s`` of readings.

    Readings go on at the same rate. Seconds of the broker's start, and from then on until every kept reading and fresh
    ones are served.
    """
    homes = [f"away-{number:04}" for number in range(HOMES)]
    world.register(homes)
    seconds, end = round(readings_s), time.monotonic() + away_s
    with without(world, "kafka", "gateway"):
        fill(world, homes, seconds)
        time.sleep(max(0.0, end - time.monotonic()))
    began = time.monotonic()
    with world.load("meanwhile") as load:
        load.pace(HOMES)
        until("the broker is back", lambda: is_back(world), BACK_WITHIN)
        back = time.monotonic()
        number, last = load.number, FIRST_WH + STEP_WH * (seconds - 1)
        until("the kept readings are served", lambda: served_wh(world, homes[-1]) == last, CAUGHT_UP_WITHIN)
        until("they are in every home's state", lambda: states(world, homes) == [last] * HOMES, CAUGHT_UP_WITHIN)
        until("the outbox is empty", lambda: report(world)["kept"] < HOMES, CAUGHT_UP_WITHIN)
        until("fresh data are served", lambda: is_fresh(world, load, number, {}), BACK_WITHIN)
        took = time.monotonic() - back
    assert {served_wh(world, home) for home in homes} == {last}
    return back - began, took


def states(world: World, homes: list[str]) -> list[float]:
    """The register of each home's latest state."""
    mine = set(homes)
    rows = world.rows("SELECT installation_id, energy_total_wh FROM inverter_state")
    return [row.energy_total_wh for row in rows if row.installation_id in mine]


def is_back(world: World) -> bool:
    """Whether the broker that was killed has a successor that serves."""
    state, head = world.state("kafka"), leader(world.place, "kafka")
    return head is not None and (state.get("state"), state.get("pid")) == ("ready", head.pid)


def fill(world: World, homes: list[str], seconds: int) -> None:
    """What a gateway of these homes' devices has kept after ``seconds``: a reading of each a second."""
    outbox = Outbox(world.settings.home / "gateway" / "outbox.sqlite", world.settings.gateway.outbox_megabytes)
    first = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(seconds=seconds)
    for second in range(seconds):
        outbox.keep([message("readings", reading(home, first, second)) for home in homes])
    outbox.close()


def reading(home: str, first: datetime, second: int) -> dict[str, Any]:
    return {
        "schema": 1,
        "installation_id": home,
        "device_id": inverter(home),
        "device_kind": "inverter",
        "time": rfc3339(first + timedelta(seconds=second)),
        "source": "registers-tcp",
        "energy_total_wh": FIRST_WH + STEP_WH * second,
    }


def broken(world: World) -> list[str]:
    found: list[str] = (world.asked("/healthz") or {"broken": []})["broken"]
    return found


def report(world: World) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((world.settings.home / "run" / "gateway.json").read_text())
    return found


def topic(world: World) -> list[dict[str, Any]]:
    """Every reading of topic ``readings`` in the order of its partition's log."""
    consumer = KafkaConsumer(**kafka_python(world.settings), enable_auto_commit=False)
    partitions = [TopicPartition("readings", number) for number in consumer.partitions_for_topic("readings") or ()]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    ends = consumer.end_offsets(partitions)
    found: list[dict[str, Any]] = []
    while any(consumer.position(each) < ends[each] for each in partitions):
        for records in consumer.poll(timeout_ms=1000).values():
            found += [json.loads(record.value) for record in records]
    consumer.close()
    return found


def first_of_each(readings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without repeats: what was sent just before the broker went is sent again."""
    return list({(each["device_id"], each["time"]): each for each in reversed(readings)}.values())[::-1]


def in_order(readings: list[dict[str, Any]]) -> bool:
    """Whether each device's readings stand in the order in which they were made."""
    last: dict[str, datetime] = {}
    for each in readings:
        if instant(each) < last.get(each["device_id"], instant(each)):
            return False
        last[each["device_id"]] = instant(each)
    return True


def instant(reading: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(reading["time"].replace("Z", "+00:00"))
