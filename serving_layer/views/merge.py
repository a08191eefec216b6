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

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from store.runs import Published

BATCH = "batch"
SPEED = "speed"


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
