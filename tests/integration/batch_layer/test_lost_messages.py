"""Readings that Kafka drops before a night has archived them come from where the speed layer keeps them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from pyspark.sql import SparkSession

from batch_layer.archive import ArchiveError
from batch_layer.master import dataset
from batch_layer.nightly import nightly
from batch_layer.runs import Run
from conf import Settings
from store import cassandra, kafka
from tests.support import batch_world as world
from tests.support.servers.started import started

HOMES = ("dropped-1", "dropped-2")
STEP = timedelta(minutes=1)
TODAY = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
FIRST = TODAY - timedelta(days=2)


@pytest.fixture(scope="module")
def speed(own_stack: Settings) -> Iterator[None]:
    world.register(own_stack, *HOMES)
    with started(own_stack, "speed"):
        yield


def archive(spark: SparkSession, settings: Settings) -> Run:
    return nightly(spark, settings, TODAY.date(), first="archive", report=lambda _: None, steps=("archive",))


def send(settings: Settings, first: int, count: int) -> None:
    for home in HOMES:
        world.send(settings, "readings", [*world.ramp(home, FIRST, first + count, STEP, 900.0)][first:])


def stored(settings: Settings) -> int:
    with cassandra.session(settings) as cql:
        return int(cql.execute("SELECT count(*) FROM reading_by_day").one()[0])


def wait_for(settings: Settings, readings: int) -> None:
    end = time.monotonic() + 120
    while stored(settings) < readings:
        assert time.monotonic() < end, f"{stored(settings)} of {readings} readings arrived"
        time.sleep(1)


def drop(settings: Settings, topic: str) -> None:
    """Let Kafka forget all that the topic holds, as it does of itself after the retention."""
    assert kafka.delete_before(settings, topic, kafka.ends(settings, topic)) > 0


def times(spark: SparkSession, settings: Settings, home: str) -> list[datetime]:
    days = dataset.days(spark, settings, "readings")
    master = dataset.read(spark, settings, "readings", days).where(f"installation_id = '{home}'")
    return sorted(row.time.astimezone(timezone.utc) for row in master.select("time").collect())


def expected(count: int) -> list[datetime]:
    return [FIRST + n * STEP for n in range(count)]


@pytest.mark.usefixtures("speed")
def test_no_reading_is_lost_that_kafka_drops_before_the_night(spark: SparkSession, own_stack: Settings) -> None:
    send(own_stack, 0, 100)
    archive(spark, own_stack)
    send(own_stack, 100, 200)
    wait_for(own_stack, 2 * 300)
    drop(own_stack, "readings")
    send(own_stack, 300, 50)
    wait_for(own_stack, 2 * 350)

    run = archive(spark, own_stack)

    for home in HOMES:
        assert times(spark, own_stack, home) == expected(350)
    assert run.finished["archive"]["readings_accepted"] == 2 * 250
    with cassandra.session(own_stack) as cql:
        ledger = list(cql.execute("SELECT * FROM ingest_ledger WHERE topic = 'readings' AND layer = 'batch'"))
    assert all(row.received == row.accepted + row.duplicate + row.quarantined for row in ledger)
    assert sum(row.accepted for row in ledger) == 2 * 350

    again = archive(spark, own_stack)
    assert again.finished["archive"]["readings_accepted"] == 0
    assert times(spark, own_stack, HOMES[0]) == expected(350)


@pytest.mark.usefixtures("speed")
def test_what_is_kept_nowhere_else_stops_the_archive_and_says_how_to_go_on(
    spark: SparkSession, own_stack: Settings
) -> None:
    world.send(own_stack, "intervals", world.hours(HOMES[0], FIRST, 3))
    archive(spark, own_stack)
    world.send(own_stack, "intervals", world.hours(HOMES[0], FIRST + timedelta(hours=3), 3))
    drop(own_stack, "intervals")
    with pytest.raises(ArchiveError, match="SOLERA_KAFKA__FAIL_ON_DATA_LOSS=false"):
        archive(spark, own_stack)
