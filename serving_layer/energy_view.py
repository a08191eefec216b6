"""Energy of an installation out of Cassandra, merged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timezone
from typing import Any

from serving_layer.merge import BATCH, SPEED, Published, Run, Value, merge, published
from serving_layer.reader import Reader, utc

RUN_NAME = "nightly"
RUNS_KEPT_SECONDS = 1.0
"""A published run is seen after at most this."""

_RUNS = "SELECT run_id, started, published, cut, issued_at, counts, skill FROM run WHERE name = ?"
_VALUES = "energy_wh, completeness, method, lower_wh, upper_wh, cause"
_PERIODS = "WHERE installation_id = ? AND month = ? AND quantity = ? AND start >= ? AND start < ?"
_BATCH = f"SELECT start, run_id, {_VALUES} FROM energy_batch {_PERIODS}"  # noqa: S608 - constant names
_SPEED = f"SELECT start, {_VALUES} FROM energy_speed {_PERIODS}"  # noqa: S608 - constant names


def all_runs(reader: Reader) -> list[Run]:
    """Every run, newest first, the unpublished ones too."""
    return reader.kept("runs", RUNS_KEPT_SECONDS, lambda: [_run(row) for row in reader.rows(_RUNS, RUN_NAME)])


def seen(reader: Reader, as_of: datetime | None = None) -> Published:
    """The published runs, those of ``as_of`` (UTC) where it is given."""
    return published(all_runs(reader), as_of)


def read(
    reader: Reader, installation_id: str, quantity: str, start: datetime, end: datetime, visible: Published
) -> list[Value]:
    """Merged 15-minute values that begin in [start, end), UTC, as ``visible`` runs state them."""
    partitions = [(installation_id, month, quantity, start, end) for month in months(start, end)]
    speed = [] if visible.as_of is not None else [(_SPEED, values) for values in partitions]
    answers = reader.together([(_BATCH, values) for values in partitions] + speed)
    return merge(
        (_value(row, BATCH, row.run_id) for rows in answers[: len(partitions)] for row in rows),
        (_value(row, SPEED, "") for rows in answers[len(partitions) :] for row in rows),
        visible,
    )


def months(start: datetime, end: datetime) -> Iterator[date]:
    """First days of the UTC months that [start, end) touches."""
    first = start.astimezone(timezone.utc).date().replace(day=1)
    while datetime(first.year, first.month, 1, tzinfo=timezone.utc) < end:
        yield first
        first = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def _run(row: Any) -> Run:
    return Run(
        row.run_id,
        utc(row.started),
        utc(row.published),
        utc(row.cut),
        utc(row.issued_at),
        dict(row.counts or {}),
        dict(row.skill or {}),
    )


def _value(row: Any, view: str, run_id: str) -> Value:
    return Value(
        row.start.replace(tzinfo=timezone.utc),
        row.energy_wh,
        view,
        run_id,
        row.completeness,
        row.method,
        row.lower_wh,
        row.upper_wh,
        row.cause or "",
    )
