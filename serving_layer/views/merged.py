"""Energy of an installation out of Cassandra, merged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views.merge import BATCH, SPEED, Value, merge
from store.instants import months, utc
from store.runs import RUNS, Published, Run, published, run_of

RUNS_KEPT_SECONDS = 1.0
"""A published run is seen after at most this."""

_VALUES = "energy_wh, completeness, method, lower_wh, upper_wh, cause"
_PERIODS = "WHERE installation_id = ? AND month = ? AND quantity = ? AND start >= ? AND start < ?"
_BATCH = f"SELECT start, run_id, {_VALUES} FROM energy_batch {_PERIODS}"  # noqa: S608 - constant names
_SPEED = f"SELECT start, {_VALUES} FROM energy_speed {_PERIODS}"  # noqa: S608 - constant names


def all_runs(reader: Reader) -> list[Run]:
    """Every run, newest first, the unpublished ones too."""
    return reader.kept("runs", RUNS_KEPT_SECONDS, lambda: [run_of(row) for row in reader.rows(RUNS)])


def seen(reader: Reader, as_of: datetime | None = None) -> Published:
    """The published runs, those of ``as_of`` (UTC) where it is given."""
    return published(all_runs(reader), as_of)


def read(reader: Reader, installation_id: str, quantity: str, span: Span, visible: Published) -> list[Value]:
    """Merged 15-minute values that begin in ``span``, as ``visible`` runs state them."""
    return read_each(reader, [installation_id], quantity, span, visible)[0]


def read_each(
    reader: Reader, installation_ids: Sequence[str], quantity: str, span: Span, visible: Published
) -> list[list[Value]]:
    """The same of several installations, in their order, all asked at once."""
    within = list(months(*span))
    keys = [(each, month, quantity, *span) for each in installation_ids for month in within]
    # The speed view publishes nothing, so it has no part in what was published then.
    speed_keys = keys if visible.as_of is None else []
    answers = reader.together([(_BATCH, key) for key in keys] + [(_SPEED, key) for key in speed_keys])
    batch = _by_installation(answers[: len(keys)], len(within))
    speed = _by_installation(answers[len(keys) :], len(within)) or [[] for _ in installation_ids]
    return [
        merge((_value(r, BATCH, r.run_id) for r in b), (_value(r, SPEED, "") for r in s), visible)
        for b, s in zip(batch, speed, strict=True)
    ]


def _by_installation(answers: list[list[Any]], months_each: int) -> list[list[Any]]:
    return [
        [row for rows in answers[at : at + months_each] for row in rows] for at in range(0, len(answers), months_each)
    ]


def _value(row: Any, view: str, run_id: str) -> Value:
    return Value(
        utc(row.start),
        row.energy_wh,
        view,
        run_id,
        row.completeness,
        row.method,
        row.lower_wh,
        row.upper_wh,
        row.cause or "",
    )
