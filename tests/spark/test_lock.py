"""One lock file: one holder, whose end, by whatever way, lets the next one in."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from store import hdfs, lock
from store.lock import STALE, Holder, Locked, held

NOW = datetime(2026, 3, 10, tzinfo=timezone.utc)


def ended_process() -> int:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


@pytest.mark.parametrize(
    ("host", "is_alive", "renewed", "expected"),
    [
        ("here", True, timedelta(0), False),
        ("here", False, timedelta(0), True),
        ("elsewhere", False, timedelta(0), False),
        ("elsewhere", True, -STALE - timedelta(seconds=1), True),
        ("elsewhere", True, timedelta(days=365), True),
        ("here", True, -STALE - timedelta(seconds=1), True),
    ],
)
def test_when_a_lock_is_stale(host: str, is_alive: bool, renewed: timedelta, expected: bool) -> None:
    holder = Holder(host, os.getpid() if is_alive else ended_process(), NOW - timedelta(hours=1), "token")
    assert holder.has_ended(NOW, NOW + renewed, "here") is expected


def test_a_second_one_learns_who_holds_it(spark: SparkSession, tmp_path: Path) -> None:
    uri = f"file://{tmp_path}/night.lock"
    with held(spark, uri, "A night"):
        with pytest.raises(Locked, match=f"A night is under way already: process {os.getpid()} on") as refused:
            held(spark, uri, "A night").__enter__()
        assert "Wait until it ends" in str(refused.value)
    with held(spark, uri, "A night"):
        pass
    assert [each.name for each in tmp_path.iterdir() if not each.name.startswith(".")] == []


@pytest.mark.parametrize("host", [socket.gethostname(), "elsewhere"])
def test_a_killed_holder_leaves_the_lock_to_the_next(spark: SparkSession, tmp_path: Path, host: str) -> None:
    uri = f"file://{tmp_path}/night.lock"
    old = {"host": host, "pid": ended_process(), "since": NOW.isoformat(), "token": "old"}
    assert hdfs.create_text(spark, uri, json.dumps(old))
    hdfs.touch(spark, uri, datetime.now(timezone.utc) - (timedelta(0) if host != "elsewhere" else 2 * STALE))
    with held(spark, uri, "A night"):
        assert json.loads(hdfs.read_text(spark, uri))["pid"] == os.getpid()


def test_of_many_at_once_one_holds_it(spark: SparkSession, tmp_path: Path) -> None:
    uri = f"file://{tmp_path}/night.lock"
    inside, most, refused = [], [], []
    both = threading.Barrier(4)

    def work() -> None:
        both.wait()
        try:
            with held(spark, uri, "A night"):
                inside.append(1)
                most.append(len(inside))
                both.wait(30)
                inside.pop()
        except Locked:
            refused.append(1)
            both.wait(30)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(most), max(most), len(refused)) == (1, 1, 3)


def test_the_holder_renews_its_lock(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "RENEWED_SECONDS", 0.05)
    uri = f"file://{tmp_path}/night.lock"
    with held(spark, uri, "A night"):
        hdfs.touch(spark, uri, NOW)
        for _ in range(100):
            threading.Event().wait(0.05)
            if hdfs.modified(spark, uri) != NOW:
                break
        assert hdfs.modified(spark, uri) != NOW
