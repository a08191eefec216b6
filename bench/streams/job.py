"""The processes that are measured: the speed job and the plain loop, each with a keyspace of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from conf import Settings
from stack.services import environment
from store import cassandra, schema

WARMING_BATCHES = 2
"""Batches before those that count: while they last, what is measured is the compilers."""


class Rate(NamedTuple):
    """Readings a second, once warm: the median of the batches, and all of them from start to end."""

    warm: float
    overall: float


def in_keyspace(settings: Settings, name: str) -> Settings:
    """The same servers, another keyspace, with every table."""
    views = settings.cassandra.model_copy(update={"keyspace": name})
    other = settings.model_copy(update={"cassandra": views, "home": settings.home / name})
    with cassandra.session(other, keyspace=None) as session:
        session.execute(f"DROP KEYSPACE IF EXISTS {name}", timeout=60)
    schema.apply_schema(other)
    return other


@contextmanager
def job(settings: Settings, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A speed job with a new checkpoint, stopped at the end."""
    checkpoint = settings.home / f"checkpoint-{time.time_ns()}"
    more = {"SOLERA_SPARK__CHECKPOINT": checkpoint.as_uri()}
    with _running(settings, [sys.executable, "-m", "speed_layer.job", *arguments], more) as process:
        yield process


@contextmanager
def loop(settings: Settings, count: int) -> Iterator[subprocess.Popen[bytes]]:
    """The plain loop."""
    with _running(settings, [sys.executable, "-m", "bench.streams.loop", str(count)], {}) as process:
        yield process


@contextmanager
def _running(settings: Settings, command: list[str], more: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    settings.home.mkdir(parents=True, exist_ok=True)
    environ = {**os.environ, **environment(settings), **more}
    with (settings.home / "measured.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environ)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


def report(settings: Settings) -> dict[str, Any]:
    """What the job last said of itself."""
    path = settings.home / "run" / "speed.json"
    return json.loads(path.read_text()) if path.exists() else {}


def has_done(settings: Settings, query: str, ends: dict[str, int]) -> bool:
    """Whether the job says that ``query`` has done everything up to ``ends``."""
    last = report(settings).get(query, {}).get("last_offsets", {})
    return all(last.get(partition, -1) >= end for partition, end in ends.items())


def wait_for(process: subprocess.Popen[bytes], settings: Settings, query: str, ends: dict[str, int]) -> float:
    """Seconds since 1970 at which ``query`` was seen to have done everything up to ``ends``."""
    while True:
        if has_done(settings, query, ends):
            return time.time()
        if process.poll() is not None:
            raise SystemExit(f"The speed job ended: see {settings.home / 'measured.log'}.")
        time.sleep(0.2)


def rate(settings: Settings, finished: float | None = None, warming: int = WARMING_BATCHES) -> Rate:
    """The rate by the ledger after ``warming`` batches; ``finished`` is a later end than the last one's (Unix time)."""
    with cassandra.session(settings) as session:
        rows = session.execute(
            "SELECT batch_id, received, toUnixTimestamp(written_at) AS at FROM ingest_ledger "
            "WHERE topic = 'readings' AND layer = 'speed'"
        )
        batches = sorted((row.batch_id, row.received, row.at / 1000) for row in rows)
    batches = batches[warming - 1 :]
    rates = [n / (at - before) for (_, _, before), (_, n, at) in pairwise(batches)]
    counted = sum(received for _, received, _ in batches[1:])
    return Rate(median(rates), counted / ((finished or batches[-1][2]) - batches[0][2]))
