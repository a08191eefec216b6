"""A backup on real servers: restored into an empty stack it gives the same answers, and the next night goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from batch_layer.backup import rows
from batch_layer.backup.make import NotEmpty, backup
from batch_layer.backup.manifest import NAME, BadBackup
from batch_layer.backup.restore import restore
from batch_layer.nightly import nightly
from conf import Settings
from serving_layer.app import create_app
from stack.commands.operate.backup import uri
from store import cassandra, hdfs, lock, schema
from store.spark import session
from tests.integration.conftest import servers
from tests.support import batch_world as world
from tests.support import owner
from tests.support.servers.apart import apart
from tests.support.speed_world import Job, topic_ends

STEPS = ("archive", "clean", "totals", "publish")
FIRST = world.CUT - timedelta(days=2)
HOMES, TOGETHER = ("backup-a", "backup-b"), "backup-c"
STEP = timedelta(minutes=5)
QUARTER_WH = 225.0
"""What 900 W are in a quarter-hour: the plain sum."""


class World:
    """A stack with a speed job, and what is asked of it."""

    def __init__(self, settings: Settings, home: Path) -> None:
        self.job = Job(settings, home)
        spark = settings.spark.model_copy(update={"checkpoint": self.job.checkpoint.as_uri()})
        self.settings = settings.model_copy(update={"spark": spark})
        self.spark: SparkSession = session(self.settings, "test backup")

    def send(self, first: int, count: int) -> None:
        """So many readings of both homes, from number ``first`` of the ramp on; returns when both queries have them."""
        for home in HOMES:
            ramp = list(world.ramp(home, FIRST, first + count, STEP, 900.0))
            world.send(self.settings, "readings", ramp[first:])
        self.job.follow(topic_ends(self.settings))

    def night(self, day: date) -> None:
        nightly(self.spark, self.settings, day, report=lambda _: None, steps=STEPS)

    def answers(self) -> dict[str, Any]:
        """What REST answers of everything that was sent."""
        app = create_app(self.settings)
        asked = ["/v1/installations", "/v1/runs", "/v1/alarms"]
        span = "from=2026-03-07&to=2026-03-12"
        for home in (*HOMES, TOGETHER):
            asked += [f"/v1/installations/{home}/{what}" for what in ("state", f"gaps?{span}", f"reconcile?{span}")]
            asked += [f"/v1/installations/{home}/energy?quantity={q}&{span}" for q in ("generation", "import")]
        with owner.client(app) as on:
            found = {question: on.get(question) for question in asked}
        assert {answer.status_code for answer in found.values()} <= {200, 404}
        assert found["/v1/installations"].status_code == 200
        return {question: without_ages(answer.json()) for question, answer in found.items()}

    def generation(self, home: str) -> dict[datetime, float]:
        return {start: wh for (q, start), wh in world.published(self.settings, home).items() if q == "generation"}

    def ledger(self) -> dict[str, int]:
        with cassandra.session(self.settings) as cql:
            lines = list(cql.execute("SELECT * FROM ingest_ledger WHERE topic = 'readings' AND layer = 'batch'"))
        names = ("received", "accepted", "duplicate", "quarantined")
        return {name: sum(getattr(line, name) for line in lines) for name in names}

    def refused(self) -> list[tuple[Any, ...]]:
        with cassandra.session(self.settings) as cql:
            found = cql.execute("SELECT topic, kafka_offset, reason, payload FROM quarantine")
            return sorted(map(tuple, found), key=repr)


def without_ages(of: Any) -> Any:
    """An answer without how old its readings are by now."""
    if isinstance(of, list):
        return [without_ages(each) for each in of]
    return {name: without_ages(each) for name, each in of.items() if name != "age_s"} if isinstance(of, dict) else of


@contextmanager
def world_of(home: Path, offset: int) -> Iterator[World]:
    with servers(apart(home, offset)) as settings:
        made = World(settings, home / "speed")
        try:
            yield made
        finally:
            made.spark.stop()
            if made.job.alive:
                assert made.job.stop() == 0


def plain(quarters: int) -> dict[datetime, float]:
    return {FIRST + n * timedelta(minutes=15): QUARTER_WH for n in range(quarters)}


def silent(_: str) -> None:
    """Nobody listens."""


def damaged(source: Path, target: Path, damage: Callable[[Path], object]) -> str:
    shutil.copytree(source, target)
    damage(target)
    return uri(str(target))


@pytest.mark.timeout(1800)
def test_a_backup_comes_back_whole_and_nothing_is_lost_or_doubled(tmp_path: Path, new_ports: Callable[[], int]) -> None:
    kept, later = tmp_path / "kept on a disk", tmp_path / "later"
    with world_of(tmp_path / "first", new_ports()) as first:
        world.register(first.settings, *HOMES, community=TOGETHER)
        first.job.start()
        world.send(first.settings, "intervals", [{"installation_id": HOMES[0], "import_wh": -1}])
        first.send(0, 400)
        first.night(date(2026, 3, 9))
        first.send(400, 60)
        checkpoint = first.settings.hdfs_path("checkpoints", "speed", "state", "offsets", "0")
        hdfs.write_text(first.spark, checkpoint, "as a cluster has it")
        with lock.held(first.spark, first.settings.hdfs_path("night.lock"), "A night"), pytest.raises(lock.Locked):
            backup(first.spark, first.settings, uri(str(kept)), silent)
        made = backup(first.spark, first.settings, uri(str(kept)), silent)
        assert made.tables["installation"] == 3
        assert made.tables["reading_by_day"] == 2 * 460
        assert any(name.startswith("hdfs/checkpoints/archive/readings/") for name in made.files)
        assert not [name for name in made.files if "/speed/" in name or "night.lock" in name]
        with pytest.raises(NotEmpty, match="not empty"):
            backup(first.spark, first.settings, uri(str(kept)), silent)
        said, refused, ledger = first.answers(), first.refused(), first.ledger()
        assert ledger["accepted"] == 2 * 460
        _the_same_kafka(first, kept)

    with world_of(tmp_path / "second", new_ports()) as second:
        _refused_by_name(second, kept, tmp_path)
        _killed_and_done_again(second, kept)
        assert second.answers() == said
        assert second.refused() == refused
        assert second.ledger() == ledger
        with pytest.raises(NotEmpty, match="this one has"):
            restore(second.spark, second.settings, uri(str(kept)), silent)

        second.job.start()
        second.send(460, 117)
        second.night(date(2026, 3, 10))
        for home in HOMES:
            assert second.generation(home) == plain(192)
        assert second.generation(TOGETHER) == {start: 2 * wh for start, wh in plain(192).items()}
        counted = second.ledger()
        assert counted["accepted"] == counted["received"] == 2 * 577
        backup(second.spark, second.settings, uri(str(later)), silent)


def _the_same_kafka(of: World, kept: Path) -> None:
    """Cassandra and HDFS are lost, Kafka is not: what came after the backup comes in once more, from there."""
    of.send(460, 117)
    assert of.job.stop() == 0
    keyspace = of.settings.cassandra.keyspace
    with cassandra.session(of.settings, keyspace=None) as cql:
        cql.execute(f"DROP KEYSPACE {keyspace}", timeout=60)
    hdfs.delete(of.spark, of.settings.hdfs_path())
    schema.apply_schema(of.settings)
    restore(of.spark, of.settings, uri(str(kept)), silent)
    of.job.start()
    of.job.follow(topic_ends(of.settings))
    of.night(date(2026, 3, 10))
    for home in HOMES:
        assert of.generation(home) == plain(192)
    counted = of.ledger()
    assert counted["accepted"] == counted["received"] == 2 * 577


def _refused_by_name(of: World, kept: Path, at: Path) -> None:
    """Backups that are none, or damaged, are refused before anything is written."""
    data = next(path for path in sorted((kept / "hdfs").rglob("*.parquet")))
    name = data.relative_to(kept)

    def changed(root: Path) -> None:
        content = bytearray((root / name).read_bytes())
        content[len(content) // 2] ^= 1
        (root / name).write_bytes(content)

    def of_version(root: Path) -> None:
        content = json.loads((root / NAME).read_text())
        (root / NAME).write_text(json.dumps(content | {"schema_version": 1}))

    cases: dict[str, tuple[Callable[[Path], object], str]] = {
        "unfinished": (lambda root: (root / NAME).unlink(), "not finished"),
        "no manifest": (lambda root: (root / NAME).write_text("{"), "damaged"),
        "of another version": (of_version, "tables of version 1"),
        "changed": (changed, data.name),
        "cut short": (lambda root: (root / name).write_bytes(data.read_bytes()[:-1]), data.name),
        "missing": (lambda root: (root / name).unlink(), f"lacks 1 .*{data.name}"),
    }
    for case, (damage, words) in cases.items():
        with pytest.raises(BadBackup, match=words):
            restore(of.spark, of.settings, damaged(kept, at / case, damage), silent)
    with cassandra.session(of.settings) as cql:
        assert cql.execute("SELECT * FROM installation").one() is None


def _killed_and_done_again(of: World, kept: Path) -> None:
    read = rows.read

    def killed(session: Any, table: str, path: Path, changed: Any) -> int:
        if table == "ingest_ledger":
            raise KeyboardInterrupt
        return read(session, table, path, changed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "read", killed)
        with pytest.raises(KeyboardInterrupt):
            restore(of.spark, of.settings, uri(str(kept)), silent)
    made = restore(of.spark, of.settings, uri(str(kept)), silent)
    now = datetime.now(timezone.utc)
    assert now - timedelta(hours=1) < datetime.fromisoformat(made.made_at.replace("Z", "+00:00")) < now
