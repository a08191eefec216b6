"""Nights over real Kafka, HDFS and Cassandra: right to the watt-hour, whole or not at all, the same however often."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from batch_layer.nightly import nightly
from batch_layer.quarters import energy_view
from batch_layer.runs import Run
from conf import Settings
from store import cassandra
from store.spark import session
from tests.support import batch_world as world

STEPS = ("archive", "clean", "totals", "publish")
FIRST = world.CUT - timedelta(days=3)
LATE_DAY = world.CUT - timedelta(days=40)
MINUTES = timedelta(minutes=5)
HOSTILE: list[bytes] = [
    b"",
    b"not json",
    b'{"installation_id": "batch-1"',
    b"[" * 5000,
    b"\xff\xfe\x00",
    b"null",
    b"[]",
    b'"' + b"x" * 2_000_000 + b'"',
]


def hostile_intervals() -> list[bytes]:
    good = next(world.hours("batch-1", FIRST, 1))
    wrong: list[dict[str, Any]] = [
        {"import_wh": "12"},
        {"import_wh": 1e308},
        {"import_wh": -1},
        {"start": "1970-01-01T00:00:00Z"},
        {"end": "2100-01-01T00:00:00Z"},
        {"end": good["start"]},
        {"start": "2026-03-08T00:00:00"},
        {"installation_id": "nobody"},
        {"method": "guessed"},
        {"meter_id": None},
    ]
    return [*HOSTILE, *(json.dumps(good | change).encode() for change in wrong), json.dumps(good)[:-20].encode()]


@pytest.fixture(scope="module")
def spark(stack: Settings) -> Iterator[SparkSession]:
    running = session(stack, "test batch")
    yield running
    running.stop()


def night(spark: SparkSession, settings: Settings) -> Run:
    return nightly(spark, settings, world.CUT.date(), report=lambda _: None, steps=STEPS)


@pytest.fixture(scope="module")
def first_night(stack: Settings, spark: SparkSession) -> Run:
    world.register(stack, "batch-1", "batch-2", community="batch-community")
    world.register(stack, "batch-sorted", "batch-shuffled")
    history = [*world.hours("batch-1", FIRST, 72), *world.hours("batch-2", FIRST, 72)]
    world.send(stack, "intervals", [*history, *history[:10], *hostile_intervals()])
    for home, mixed in (("batch-sorted", False), ("batch-shuffled", True)):
        messages = [*world.ramp(home, FIRST, 500, MINUTES, 900.0), *world.hours(home, FIRST + timedelta(days=2), 24)]
        if mixed:
            messages = messages + messages[::3]
            random.Random(7).shuffle(messages)
        world.send(stack, "readings", [m for m in messages if "device_id" in m])
        world.send(stack, "intervals", [m for m in messages if "meter_id" in m])
    return night(spark, stack)


def test_history_equals_a_plain_sum_to_the_watthour(stack: Settings, first_night: Run) -> None:
    together: dict[str, float] = {}
    for home in ("batch-1", "batch-2"):
        plain = pd.DataFrame(world.hours(home, FIRST, 72))
        found = pd.Series(world.published(stack, home))
        for quantity in ("generation", "consumption", "import", "export", "self_consumption"):
            assert len(found[quantity]) == 72 * 4
            assert round(found[quantity].sum(), 3) == round(plain[f"{quantity}_wh"].sum(), 3)
            together[quantity] = together.get(quantity, 0) + plain[f"{quantity}_wh"].sum()
    community = pd.Series(world.published(stack, "batch-community"))
    assert {q: round(community[q].sum(), 3) for q in together} == {q: round(wh, 3) for q, wh in together.items()}


def test_nothing_vanishes(stack: Settings, first_night: Run) -> None:
    hostile = len(hostile_intervals())
    with cassandra.session(stack) as cql:
        rows = list(cql.execute("SELECT * FROM ingest_ledger WHERE topic = 'intervals' AND layer = 'batch'"))
        kept = [r for r in cql.execute("SELECT * FROM quarantine") if r.topic == "intervals"]
    assert all(r.received == r.accepted + r.duplicate + r.quarantined for r in rows)
    assert sum(r.quarantined for r in rows) == hostile == len(kept)
    assert sum(r.duplicate for r in rows) >= 10
    assert all(r.reason for r in kept)
    assert max(r.payload_bytes for r in kept) == 2_000_002
    assert any("unknown installation nobody" in r.reason for r in kept)


def test_order_and_repetition_change_nothing(stack: Settings, first_night: Run) -> None:
    found = [world.rows(stack, home) for home in ("batch-sorted", "batch-shuffled")]
    assert len(found[0]) > 500
    assert found[0] == found[1]


def test_the_same_night_again_changes_nothing(stack: Settings, spark: SparkSession, first_night: Run) -> None:
    before = {home: world.rows(stack, home) for home in ("batch-1", "batch-community", "batch-sorted")}
    again = night(spark, stack)
    assert again.run_id > first_night.run_id
    assert again.finished["totals"]["energy_rows"] == 0
    assert {home: world.rows(stack, home) for home in before} == before


DIE = """
import os, signal, sys
from importlib import import_module
from conf import load_settings
from store.spark import session
from batch_layer.nightly import nightly
from datetime import date
module, function, when = sys.argv[1:4]
target = import_module(module)
real = getattr(target, function)
def dying(*given, **named):
    if when == "after":
        real(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(target, function, dying)
settings = load_settings()
nightly(session(settings, "dying"), settings, date.fromisoformat(sys.argv[4]), steps=sys.argv[5].split(","))
"""


KILLS = [("batch_layer.master.dataset", "append", "after"), ("batch_layer.publish", "_show", "before")]


@pytest.mark.timeout(1500)
def test_a_late_reading_restates_its_day_alone_even_when_the_night_is_killed(
    stack: Settings, spark: SparkSession, first_night: Run
) -> None:
    home = "batch-late"
    world.register(stack, home)
    day = list(world.ramp(home, LATE_DAY - timedelta(days=1), 3 * 288, MINUTES, 1200.0))
    hole = slice(400, 460)
    world.send(stack, "readings", [m for m in day if m not in day[hole]])
    old_run = night(spark, stack)
    old = world.rows(stack, home)

    # In the hole most was made early: what was shared evenly before is now known by the quarter-hour.
    for m in day[hole]:
        m["energy_total_wh"] += 20.0
    world.send(stack, "readings", day[hole])
    for kill in KILLS:
        died = subprocess.run(
            [sys.executable, "-c", DIE, *kill, f"{world.CUT:%Y-%m-%d}", ",".join(STEPS)],
            capture_output=True,
            timeout=600,
            check=False,
        )
        assert died.returncode == -9, died.stderr[-2000:]
        assert world.rows(stack, home) == old

    run = night(spark, stack)
    new = world.rows(stack, home)
    assert run.run_id > old_run.run_id
    assert sum(r[0] for r in new.values()) == pytest.approx(sum(r[0] for r in old.values()), abs=1e-6)
    assert {key[1].date() for key, value in new.items() if old[key] != value} == {LATE_DAY.date()}
    listed = energy_view.read_rows(
        spark, stack, [LATE_DAY.date() + timedelta(days=n) for n in (-1, 0, 1)], [run.run_id]
    )
    reasons = {(r.event_day, r.why) for r in listed.collect()}
    assert reasons == {(LATE_DAY.date(), "late")}
    assert world.rows(stack, home, as_of=old_run.run_id) == old
