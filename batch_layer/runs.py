"""A night's run: its id, its cut, and which steps it has behind it.

``/solera/runs/<run_id>.json`` remembers the finished steps, so that a run that was killed goes on under its
own id. What is *published* is said by table ``run`` alone: a run without its row there does not exist for a reader.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, NamedTuple

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark.sql import SparkSession

from batch_layer.master import compact
from batch_layer.schedule import STEPS
from conf import Settings
from conf.refusal import Refusal
from store import cassandra, hdfs, lock, schema
from store.runs import read_published

_ID = "%Y%m%dT%H%M%SZ"


class RunError(Refusal):
    """A run that can't begin or go on; its text says what to do."""


@dataclass(frozen=True)
class Run:
    """One night. Times are UTC; ``published`` are the ids of the runs published before, oldest first.

    ``finished`` holds the counts of each step that is behind this run. ``previous_cut`` is the newest cut of a
    published run that is not ahead of the clock, None before the first.
    """

    run_id: str
    started: datetime
    cut: datetime
    published: tuple[str, ...] = ()
    previous_cut: datetime | None = None
    finished: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    marks: Mapping[str, int] = field(default_factory=dict)
    """The last archive batch of each topic that the run has worked in; −1 where there is none."""
    cut_ahead: datetime | None = None
    """The cut of the newest published run where the clock was ahead when it was made, and this run undoes it."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Runs whose values this one builds on: the published ones and itself."""
        return (*self.published, self.run_id)


@dataclass(frozen=True)
class Night:
    """One night at work, what every step of it needs: the Spark session, the settings, and the run its rows bear."""

    spark: SparkSession
    settings: Settings
    run: Run


def cut_of(day: date) -> datetime:
    """The cut of a night: 00:00 UTC of ``day``."""
    return datetime.combine(day, time(), timezone.utc)


def run_id_of(instant: datetime) -> str:
    """``YYYYMMDDTHHMMSSZ`` of the run's start."""
    return instant.astimezone(timezone.utc).strftime(_ID)


def published_rows(settings: Settings) -> list[tuple[str, datetime]]:
    """Id and cut of every published run, oldest first."""
    with cassandra.session(settings) as session:
        schema.check(session)
        visible = read_published(session)
    return sorted((run.run_id, run.cut) for run in visible.runs if run.cut is not None)


@contextmanager
def alone(spark: SparkSession, settings: Settings) -> Iterator[None]:
    """Hold the lock against a second night meanwhile; what a killed one has left half merged is ended first.

    Raises :class:`store.lock.Locked`, and RunError without HDFS.
    """
    _require_hdfs(spark, settings)
    with lock.held(spark, settings.hdfs_path("night.lock"), "A night"):
        compact.finish(spark, settings)
        yield


def open_run(spark: SparkSession, settings: Settings, day: date | None = None) -> Run:
    """The run to work on: the unpublished one of the same cut where there is one, else a new one.

    ``day`` is the cut's UTC day, today where it is None. The cut never moves back: an earlier ``day`` than that of
    the newest published run recomputes under that run's cut. Raises :class:`RunError` for a day to come.
    """
    now = datetime.now(timezone.utc)
    if day is not None and cut_of(day) > now:
        raise RunError(f"The night of {day} is still to come: give --date {now:%Y-%m-%d} or an earlier day.")
    known = published_rows(settings)
    fresh = next_run(now, cut_of(day or now.date()), known)
    for record in reversed(_records(spark, settings, after=known[-1][0] if known else "")):
        if record["cut"] == fresh.cut.isoformat():
            return replace(
                fresh,
                run_id=record["run_id"],
                started=datetime.fromisoformat(record["started"]),
                finished=record["steps"],
                marks=record.get("marks", {}),
            )
    save(spark, settings, fresh)
    return fresh


def next_run(now: datetime, cut: datetime, known: Sequence[tuple[str, datetime]]) -> Run:
    """The run that begins ``now`` (UTC) to cut at ``cut``, after the published runs ``known``, oldest first.

    Its id comes after theirs even where the clock was ahead when they were made, for of each value the newest run's is
    served; and its cut is not held by theirs, for no night waits for a day that is still to come.
    """
    published = tuple(run_id for run_id, _ in known)
    previous_cut = max((each for _, each in known if each <= now), default=None)
    newest_cut = known[-1][1] if known else None
    return Run(
        _next_id(now, published),
        now.replace(microsecond=0),
        max(cut, previous_cut or cut),
        published,
        previous_cut,
        cut_ahead=newest_cut if newest_cut is not None and newest_cut > now else None,
    )


def _require_hdfs(spark: SparkSession, settings: Settings) -> None:
    try:
        hdfs.exists(spark, settings.hdfs_path("runs"))
    except Py4JJavaError as error:
        raise RunError(f"HDFS does not answer at {settings.hdfs_uri}: is it up (solera status)?") from error


def _next_id(now: datetime, published: Sequence[str]) -> str:
    run_id = run_id_of(now)
    if published and run_id <= published[-1]:
        return run_id_of(_instant_of(published[-1]) + timedelta(seconds=1))
    return run_id


def _instant_of(run_id: str) -> datetime:
    return datetime.strptime(run_id, _ID).replace(tzinfo=timezone.utc)


def _records(spark: SparkSession, settings: Settings, after: str) -> list[dict[str, Any]]:
    found = [n for n in hdfs.names(spark, settings.hdfs_path("runs")) if n.endswith(".json")]
    return [
        json.loads(hdfs.read_text(spark, settings.hdfs_path("runs", name)))
        for name in found
        if not name.startswith("_") and name.removesuffix(".json") > after
    ]


def record(spark: SparkSession, settings: Settings, run_id: str) -> dict[str, Any]:
    """The record ``/solera/runs/<run_id>.json`` of a run: run_id, started, cut, steps."""
    loaded: dict[str, Any] = json.loads(hdfs.read_text(spark, settings.hdfs_path("runs", f"{run_id}.json")))
    return loaded


def save(spark: SparkSession, settings: Settings, run: Run) -> None:
    """Write the run's record whole, or leave the old one."""
    content = {
        "run_id": run.run_id,
        "started": run.started.isoformat(),
        "cut": run.cut.isoformat(),
        "steps": {step: dict(counts) for step, counts in run.finished.items()},
        "marks": dict(run.marks),
    }
    text = json.dumps(content, indent=1, sort_keys=True)
    hdfs.write_text(spark, settings.hdfs_path("runs", f"{run.run_id}.json"), text)


class Outcome(NamedTuple):
    """Counts of a step for people, and the marks that later nights resume from, where it sets any."""

    counts: Mapping[str, int]
    marks: Mapping[str, int] = {}


def finish(spark: SparkSession, settings: Settings, run: Run, step: str, outcome: Outcome) -> Run:
    """The run with ``step`` behind it, remembered; the steps after it are to be done (again)."""
    before = {s: run.finished[s] for s in STEPS[: STEPS.index(step)] if s in run.finished}
    run = replace(run, finished={**before, step: dict(outcome.counts)}, marks={**run.marks, **outcome.marks})
    save(spark, settings, run)
    return run
