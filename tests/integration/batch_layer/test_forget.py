"""One of two homes is forgotten on real servers: no table, file or topic names it, and the other keeps everything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from batch_layer.nightly import nightly
from batch_layer.removal import rewrite
from batch_layer.removal.forget import NothingForgotten, forget
from batch_layer.removal.place import Place
from batch_layer.removal.tables import NAME
from conf import Settings
from ingest.devices.registry import CONNECTION, Device
from ingest.gateway.outbox import Outbox
from ingest.gateway.remembered import remember, remembered
from ingest.publishing.message import Message
from serving_layer.sql.published import speed_keys
from serving_layer.sql.published.known import Known
from stack.services import environment
from store import cassandra, kafka, lock
from store.history import recounts
from store.history.recounts import Recount
from store.history.retraction import INSERT, Retraction
from store.runs import Published
from store.spark import session
from tests.support import batch_world as world
from tests.support.speed_world import Job, topic_ends

STEPS = ("archive", "clean", "totals", "publish")
FIRST = world.CUT - timedelta(days=2)
GONE, KEPT, TOGETHER = "forget-a", "forget-b", "forget-c"
HOMES = (GONE, KEPT)
CUPS = "ES0189000048220011CR"
VALUES: dict[str, Any] = {
    "text": "made",
    "date": date(2026, 3, 1),
    "timestamp": datetime(2026, 3, 1, tzinfo=timezone.utc),
    "int": 1,
    "bigint": 1,
}
"""A value of each type that a key has."""


@pytest.fixture(scope="module")
def settings(own_stack: Settings, job: Job) -> Settings:
    spark = own_stack.spark.model_copy(update={"checkpoint": job.checkpoint.as_uri()})
    return own_stack.model_copy(update={"spark": spark})


@pytest.fixture(scope="module")
def spark(settings: Settings) -> Iterator[SparkSession]:
    running = session(settings, "test forget")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def lived_in(settings: Settings, job: Job, spark: SparkSession) -> Settings:
    """Two homes of a community with readings and intervals, a night published, and a row of each in every table."""
    world.register(settings, *HOMES, community=TOGETHER)
    for home in HOMES:
        world.send(settings, "readings", world.ramp(home, FIRST, 288, timedelta(minutes=5), 900.0))
        refused = {"installation_id": home, "import_wh": -1}
        world.send(settings, "intervals", [*world.hours(home, FIRST, 24), refused])
    job.follow(topic_ends(settings))
    nightly(spark, settings, world.CUT.date(), report=lambda _: None, steps=STEPS)
    with cassandra.session(settings) as cql:
        for home in HOMES:
            at, night = VALUES["timestamp"], (VALUES["timestamp"], "made")
            cql.execute(cql.prepare(INSERT), Retraction(home, at, "intervals", "none", at, at, *night))
            cql.execute(cql.prepare(recounts.INSERT), Recount(home, at, at, at, "made"))
        held = rows_by_home(settings)
        for table, key in naming(cql).items():
            for home in (each for each in HOMES if table not in held[each]):
                values = [home if name == NAME else VALUES[kind] for name, kind in key.items()]
                places = ", ".join("%s" for _ in key)
                cql.execute(f"INSERT INTO {table} ({', '.join(key)}) VALUES ({places})", values)  # noqa: S608
    return settings


def naming(cql: Any) -> dict[str, dict[str, str]]:
    """The key columns of each table that has a column of installations, and their types."""
    tables = cql.cluster.metadata.keyspaces[cql.keyspace].tables
    return {
        name: {column.name: column.cql_type for column in table.primary_key}
        for name, table in tables.items()
        if NAME in table.columns
    }


def rows_by_home(settings: Settings) -> dict[str, dict[str, int]]:
    """Of each table how many rows name each home, anywhere in the row."""
    found: dict[str, dict[str, int]] = {home: {} for home in HOMES}
    with cassandra.session(settings) as cql:
        for table in cql.cluster.metadata.keyspaces[cql.keyspace].tables:
            for row in cql.execute(f"SELECT * FROM {table}"):  # noqa: S608 - names of the schema
                for home in HOMES:
                    if home in str(row):
                        found[home][table] = found[home].get(table, 0) + 1
    return found


def lost(places: list[Place]) -> dict[tuple[str, str], int]:
    return {(place.store, place.name): place.rows for place in places}


def silent(_: str) -> None:
    """Nobody listens."""


def test_while_a_night_is_at_work_nothing_is_changed(lived_in: Settings, spark: SparkSession) -> None:
    before = rows_by_home(lived_in)
    with lock.held(spark, lived_in.hdfs_path("night.lock"), "A night"), pytest.raises(lock.Locked, match="A night"):
        forget(spark, lived_in, GONE, silent)
    assert rows_by_home(lived_in) == before


def test_killed_half_way_it_is_done_again_and_nothing_is_left(
    lived_in: Settings, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows_by_home(lived_in)
    with cassandra.session(lived_in) as cql:
        assert naming(cql).keys() | {"quarantine"} == before[GONE].keys()
    together = world.published(lived_in, TOGETHER)
    replace = rewrite._replace

    def killed(spark: SparkSession, written: str, old: str, new: str) -> None:
        if "master/intervals" in old:
            raise KeyboardInterrupt
        replace(spark, written, old, new)

    with monkeypatch.context() as patch:
        patch.setattr(rewrite, "_replace", killed)
        with pytest.raises(KeyboardInterrupt):
            forget(spark, lived_in, GONE, silent)
    assert not lock_is_held(spark, lived_in)
    said: list[str] = []
    places = lost(forget(spark, lived_in, GONE, said.append))

    assert rows_by_home(lived_in) == {GONE: {}, KEPT: before[KEPT]}
    assert places["HDFS", "master/readings"] == 0, "the first attempt has removed them"
    assert places["HDFS", "master/intervals"] == 24
    assert places["HDFS", "energy"] > 0
    for folder in ("master/readings", "master/intervals", "energy"):
        files = spark.read.option("recursiveFileLookup", "true").parquet(lived_in.hdfs_path(folder))
        homes = {row[0] for row in files.select("installation_id").distinct().collect()}
        assert homes - {TOGETHER} == {KEPT}
    for topic in ("readings", "intervals", "quarantine"):
        assert kafka.delete_before(lived_in, topic, kafka.ends(lived_in, topic)) == 0, "nothing is left there"
    assert said[-1].endswith("nothing names it")
    assert world.published(lived_in, TOGETHER) == together, "published sums stay"


def lock_is_held(spark: SparkSession, settings: Settings) -> bool:
    try:
        with lock.held(spark, settings.hdfs_path("night.lock"), "A test"):
            return False
    except lock.Locked:
        return True


def test_what_still_arrives_is_quarantined_and_goes_with_the_next_removal(
    lived_in: Settings, job: Job, spark: SparkSession
) -> None:
    world.send(lived_in, "readings", world.ramp(GONE, FIRST, 3, timedelta(minutes=5), 900.0))
    job.follow(topic_ends(lived_in))
    assert rows_by_home(lived_in)[GONE] == {"quarantine": 3}
    with cassandra.session(lived_in) as cql:
        codes = {row.code for row in cql.execute("SELECT refused_id, code FROM quarantine") if row.refused_id == GONE}
    assert codes == {"unknown installation"}

    assert lost(forget(spark, lived_in, GONE, silent))["Cassandra", "quarantine"] == 3
    assert rows_by_home(lived_in)[GONE] == {}
    with pytest.raises(NothingForgotten, match=f"no installation {GONE}"):
        forget(spark, lived_in, GONE, silent)


def test_a_day_of_the_community_that_is_totalled_again_is_that_of_its_members(
    lived_in: Settings, spark: SparkSession
) -> None:
    with cassandra.session(lived_in) as cql:
        cql.execute("DELETE FROM device WHERE installation_id = %s", (KEPT,))
    before = world.published(lived_in, TOGETHER)
    late = world.ramp(KEPT, FIRST + timedelta(minutes=1), 2, timedelta(minutes=5), 900.0)
    world.send(lived_in, "readings", late)
    run = nightly(spark, lived_in, world.CUT.date(), report=lambda _: None, steps=STEPS)

    after = world.published(lived_in, TOGETHER)
    assert generation(after) == generation(world.published(lived_in, KEPT)) != generation(before)
    with cassandra.session(lived_in) as cql:
        changes = cql.execute("SELECT * FROM change WHERE run_id = %s AND installation_id = %s", (run.run_id, TOGETHER))
        assert {row.quantity for row in changes} >= {"generation"}
    assert rows_by_home(lived_in)[GONE] == {}


def generation(published: dict[tuple[str, datetime], float]) -> dict[datetime, float]:
    return {start: wh for (quantity, start), wh in published.items() if quantity == "generation" and wh is not None}


def test_a_forgotten_community_lets_its_members_go(lived_in: Settings, spark: SparkSession) -> None:
    own = world.published(lived_in, KEPT)
    forget(spark, lived_in, TOGETHER, silent)
    assert world.published(lived_in, TOGETHER) == {}
    assert world.published(lived_in, KEPT) == own
    with cassandra.session(lived_in) as cql:
        kept = cql.execute("SELECT community_id FROM installation WHERE installation_id = %s", (KEPT,)).one()
    assert kept.community_id is None


def naming_files(home: Path, name: str) -> set[str]:
    """The files below ``home`` that hold ``name``, but those that docs/privacy.md says go later."""
    later = (home / "data", home / "logs", *(home / "spark").glob("blockmgr-*"))
    return {
        str(file.relative_to(home))
        for file in home.rglob("*")
        if file.is_file()
        and not any(file.is_relative_to(each) for each in later)
        and name.encode() in file.read_bytes()
    }


def test_the_command_says_what_each_place_has_lost_the_gateway_too(lived_in: Settings, spark: SparkSession) -> None:
    reached = CONNECTION.validate_python({"protocol": "sunspec-tcp", "host": "127.0.0.1"})
    remember(lived_in.home, [Device(KEPT, "meter-1", "meter", reached)])
    outbox = Outbox(lived_in.home / "gateway" / "outbox.sqlite", 1)
    outbox.keep([Message("readings", KEPT.encode(), b"{}")] * 2)
    with cassandra.session(lived_in) as cql:
        cql.execute("UPDATE installation SET cups = %s WHERE installation_id = %s", (CUPS, KEPT))
    stated = lived_in.home / "datadis" / f"{CUPS}-2026-03.json"
    stated.parent.mkdir(exist_ok=True)
    stated.write_text("{}")
    known = Known(Published((), None), frozenset({KEPT, "another"}), world.CUT.date())
    speed_keys.of_state(spark, lived_in, known, "none")
    assert naming_files(lived_in.home, KEPT) >= {"gateway/devices.json"}
    command = [str(Path(sys.executable).parent / "solera"), "forget", KEPT, "--yes"]
    done = subprocess.run(command, env=os.environ | environment(lived_in), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert re.search(r"gateway +│ outbox +│ +2", done.stdout)
    assert re.search(r"datadis +│ files and entries +│ +1", done.stdout)
    assert not stated.exists()
    assert remembered(lived_in.home) == []
    assert re.search(r"SQL +│ keys +│ +1", done.stdout)
    assert [file.name for file in (lived_in.home / "spark" / "keys").rglob("*.parquet")] == []
    assert naming_files(lived_in.home, KEPT) == set()
    assert rows_by_home(lived_in)[KEPT] == {}
