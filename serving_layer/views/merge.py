"""One answer from two views: batch values up to the cut, the speed view's from it on.

The laws, all here and nowhere else in the layer:

* A batch value counts only where its run is published; of several runs' values of one period the newest
  run's stands.
* Before the cut the batch value wins. Where no published run has a value of a period (its data came after the
  night), the speed view's provisional one stands until the next night. From the cut on, only the speed view
  speaks.
* A value that a run has withdrawn is no value.
* ``as_of`` answers with what was published then: batch values alone, for the speed view publishes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

BATCH = "batch"
SPEED = "speed"


class Run(NamedTuple):
    """One row of table ``run``. Times are UTC; ``published`` is None while the run is not visible."""

    run_id: str
    started: datetime | None = None
    published: datetime | None = None
    cut: datetime | None = None
    issued_at: datetime | None = None
    counts: Mapping[str, int] = {}
    skill: Mapping[str, float] = {}


@dataclass(frozen=True)
class Published:
    """The runs a reader may see, newest first, and the cut up to which their values hold (None: no run)."""

    runs: tuple[Run, ...]
    cut: datetime | None
    as_of: datetime | None = None
    run_ids: frozenset[str] = field(default=frozenset())


def published(runs: Iterable[Run], as_of: datetime | None = None) -> Published:
    """The published ones of ``runs``, those of ``as_of`` (UTC) where it is given."""
    visible = [run for run in runs if run.published is not None and (as_of is None or run.published <= as_of)]
    visible.sort(key=lambda run: run.run_id, reverse=True)
    cut = max((run.cut for run in visible if run.cut is not None), default=None)
    return Published(tuple(visible), cut, as_of, frozenset(run.run_id for run in visible))


class Value(NamedTuple):
    """Energy of one period in Wh and what it rests on. ``start`` is UTC; ``run_id`` is '' in the speed view.

    ``completeness`` is the share of the period's time that is covered (0 to 1); ``lower_wh`` and ``upper_wh``
    bound a value that could not be recovered, ``cause`` says why it could not.
    """

    start: datetime
    energy_wh: float
    view: str
    run_id: str
    completeness: float | None = None
    method: str | None = None
    lower_wh: float | None = None
    upper_wh: float | None = None
    cause: str = ""


def merge(batch: Iterable[Value], speed: Iterable[Value], seen: Published) -> list[Value]:
    """The merged values of one installation and quantity, by start; ``batch`` may hold several runs."""
    merged: dict[datetime, Value] = {}
    if seen.as_of is None:
        merged = {value.start: value for value in speed}
    for value in batch:
        if value.run_id not in seen.run_ids or seen.cut is None or value.start >= seen.cut:
            continue
        known = merged.get(value.start)
        if known is None or value.run_id > known.run_id:
            merged[value.start] = value
    return [merged[start] for start in sorted(merged) if merged[start].energy_wh is not None]
