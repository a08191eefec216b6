"""The nights' runs as table ``run`` shows them, and the cut: from it on the speed view answers, before it the batch."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from store.instants import utc_or_none

NIGHTLY = "nightly"
"""The name under which every night stands in table ``run``."""
RUNS = f"SELECT run_id, started, published, cut, issued_at, counts, marks, skill FROM run WHERE name = '{NIGHTLY}'"  # noqa: S608
INSERT = (
    "INSERT INTO run (name, run_id, started, published, cut, issued_at, counts, marks, skill) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
COUNTED = "UPDATE run SET counts = counts + ? WHERE name = ? AND run_id = ?"
"""Adds counts to those of a run."""
FRESH_SECONDS = 2.0
_RUNS_READ = 20
"""Newest runs in which a job looks for the cut; those not yet published are skipped."""


class Run(NamedTuple):
    """One row of table ``run``. Times are UTC; ``published`` is None while the run is not visible."""

    run_id: str
    started: datetime | None = None
    published: datetime | None = None
    cut: datetime | None = None
    issued_at: datetime | None = None
    counts: Mapping[str, int] = {}
    marks: Mapping[str, int] = {}
    """The last archive batch of each topic that the run has worked in."""
    skill: Mapping[str, float] = {}


def run_of(row: Any) -> Run:
    """The run in a row of :data:`RUNS`."""
    return Run(
        row.run_id,
        utc_or_none(row.started),
        utc_or_none(row.published),
        utc_or_none(row.cut),
        utc_or_none(row.issued_at),
        dict(row.counts or {}),
        dict(row.marks or {}),
        dict(row.skill or {}),
    )


@dataclass(frozen=True)
class Published:
    """The runs that a reader may see, newest first, and the cut up to which their values hold (None: no run)."""

    runs: tuple[Run, ...]
    cut: datetime | None
    as_of: datetime | None = None
    run_ids: frozenset[str] = field(default=frozenset())

    @property
    def issues(self) -> frozenset[datetime]:
        """Instants at which the runs issued forecasts; none lies beyond the cut, as a clock that was ahead makes."""
        stated = (run.issued_at or run.cut for run in self.runs)
        return frozenset(at for at in stated if at is not None and self.cut is not None and at <= self.cut)


def published(runs: Iterable[Run], as_of: datetime | None = None) -> Published:
    """The published ones of ``runs``; with ``as_of`` (UTC) those that were published then."""
    visible = [run for run in runs if run.published is not None and (as_of is None or run.published <= as_of)]
    visible.sort(key=lambda run: run.run_id, reverse=True)
    # A cut after the newest run's start was made under a clock that was ahead; that run undoes it.
    latest = visible[0].started if visible else None
    cuts = (run.cut for run in visible if run.cut is not None)
    cut = max((each for each in cuts if latest is None or each <= latest), default=None)
    return Published(tuple(visible), cut, as_of, frozenset(run.run_id for run in visible))


def read_published(session: Any) -> Published:
    """Every published run, as Cassandra holds them now."""
    return published(map(run_of, session.execute(RUNS)))


def newest_of_days(rows: Sequence[Any], seen: Published) -> list[Any]:
    """Rows of the gap ledger that hold: of each device's day and quantity those of the newest run that is published."""
    of: dict[tuple[date, str, str], str] = {}
    for row in rows:
        key = row.day, row.device_id, row.quantity
        if row.run_id in seen.run_ids and row.run_id > of.get(key, ""):
            of[key] = row.run_id
    return [row for row in rows if of.get((row.day, row.device_id, row.quantity)) == row.run_id]


class CutReader:
    """The cut of the newest published run, as a job last read it."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._read_at = float("-inf")
        self._cut: datetime | None = None

    def current(self) -> datetime | None:
        """The cut (UTC), at most :data:`FRESH_SECONDS` old; None before the first night."""
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            self._read_at = time.monotonic()
            self._cut = published(map(run_of, self._session.execute(f"{RUNS} LIMIT {_RUNS_READ}"))).cut
        return self._cut
