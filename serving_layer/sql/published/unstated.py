"""Quarter-hours before the cut that no published run states, and that are left to the speed view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from pyspark.sql import SparkSession

from energy.calendar import midnight, months_later
from energy.energy_row import QUARTER
from store.instants import rfc3339

DAY = timedelta(days=1)
PERIODS = 96
WHOLE = (1 << PERIODS) - 1
"""A day of which every quarter-hour is stated."""
STATED = """SELECT installation_id, quantity, day, bit_or(IF(period < 48, shiftleft(1L, period), 0L)) AS morning,
  bit_or(IF(period < 48, 0L, shiftleft(1L, period - 48))) AS evening
FROM (
  SELECT installation_id, quantity, day, CAST(pmod(unix_seconds(start) DIV 900, 96) AS int) AS period
  FROM {database}.energy_batch WHERE month >= DATE'{first}' AND start < TIMESTAMP'{cut}'
)
GROUP BY installation_id, quantity, day"""
"""The quarter-hours of each UTC day that are stated, as bits."""


class Series(NamedTuple):
    """A quantity of an installation in a UTC month (by its first day)."""

    installation_id: str
    quantity: str
    month: date


class Stretch(NamedTuple):
    """Quarter-hours in a row, from ``start`` to before ``until`` (UTC)."""

    start: datetime
    until: datetime


def of_runs(spark: SparkSession, database: str, first: date, cut: datetime) -> dict[Series, list[Stretch]]:
    """Stretches left before the ``cut`` of each series that the batch side of ``database`` states, from ``first`` on.

    There is none where it states all.
    """
    asked = STATED.format(database=database, first=first, cut=rfc3339(cut))
    stated: dict[Series, dict[date, int]] = {}
    for batch in spark.sql(asked)._collect_as_arrow():
        columns: Any = (column.to_pylist() for column in batch.columns)
        for installation_id, quantity, day, morning, evening in zip(*columns, strict=True):
            series = Series(installation_id, quantity, day.replace(day=1))
            stated.setdefault(series, {})[day] = morning | evening << 48
    return {series: list(unstated(days, series.month, cut)) for series, days in stated.items()}


def unstated(days: Mapping[date, int], month: date, cut: datetime) -> Iterator[Stretch]:
    """The stretches of a month before the ``cut``; ``days`` have a bit for each quarter-hour that is stated."""
    begun = at = midnight(month)
    end = min(cut, midnight(months_later(month)))
    while at < end:
        bits = days.get(at.date(), 0)
        if bits == WHOLE:
            if begun < at:
                yield Stretch(begun, at)
            at = begun = at + DAY
            continue
        for period in range(PERIODS):
            if bits >> period & 1 or at >= end:
                if begun < min(at, end):
                    yield Stretch(begun, min(at, end))
                begun = at + QUARTER
            at += QUARTER
    if begun < end:
        yield Stretch(begun, end)
