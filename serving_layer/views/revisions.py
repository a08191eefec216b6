"""Revisions of a run: values published before it that it has changed, by day, before, after and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from conf.refusal import Refusal
from serving_layer.reader import Reader
from store.runs import Published

_CHANGES = (
    "SELECT installation_id, day, quantity, why, periods, before_wh, after_wh FROM change WHERE run_id = ?{} LIMIT ?"
)
_OF_ALL, _OF_ONE = _CHANGES.format(""), _CHANGES.format(" AND installation_id = ?")


class UnknownRun(Refusal):
    """No published run has that id; the text says where the ids stand."""

    kind = "unknown-run"
    status = 404


class Change(NamedTuple):
    """``periods`` quarter-hours of a UTC day that had ``before_wh`` together and have ``after_wh`` now.

    ``why`` is late (a reading, or a first value, came after the day was published) or corrected (an official value was
    revised).
    """

    run_id: str
    installation_id: str
    day: date
    quantity: str
    why: str
    periods: int
    before_wh: float
    after_wh: float


def changes(
    reader: Reader, run_id: str, seen: Published, limit: int, only: Sequence[str] | None = None
) -> list[Change]:
    """At most ``limit`` changes of a published run, by installation, day and quantity. Raises :class:`UnknownRun`.

    ``only`` names the installations; without it the changes of all are meant.
    """
    if run_id not in seen.run_ids:
        raise UnknownRun(
            f"There is no published run {run_id!r}: "
            + (f"the newest is {seen.runs[0].run_id}." if seen.runs else "none is yet.")
        )
    if only is None:
        answers = [reader.rows(_OF_ALL, run_id, limit)]
    else:
        answers = reader.each(_OF_ONE, [(run_id, each, limit) for each in only])
    rows = [row for answer in answers for row in answer][:limit]
    return [Change(run_id, r.installation_id, r.day.date(), *r[2:]) for r in rows]
