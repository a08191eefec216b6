"""Energy of several runs as nights leave it in HDFS, drawn at random, for tests of the batch side of SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, timezone
from random import Random
from typing import Any, NamedTuple

from pyspark.sql import SparkSession

from conf import Settings
from serving_layer.views.merge import BATCH, SPEED, Value
from store.history import energy_files
from store.runs import Run

HOMES = ("a", "b")
QUANTITIES = ("import", "export")
HOUR = timedelta(hours=1)
SPEED_ROW = (
    "installation_id string, quantity string, month date, start timestamp, energy_wh double, "
    "completeness double, method string, lower_wh double, upper_wh double, cause string"
)
"""Columns of the speed view's energy."""


class Stated(NamedTuple):
    """A value of a run, as a row of the files."""

    installation_id: str
    quantity: str
    start: datetime
    energy_wh: float | None
    completeness: float
    method: str
    lower_wh: float | None
    upper_wh: float | None
    cause: str
    event_day: date
    run_id: str

    @property
    def value(self) -> Value:
        """The same as Cassandra's table gives it: without bounds that say no more than the value."""
        bounds = (self.lower_wh, self.upper_wh)
        if bounds == (self.energy_wh, self.energy_wh):
            bounds = (None, None)
        energy: Any = self.energy_wh
        return Value(self.start, energy, BATCH, self.run_id, self.completeness, self.method, *bounds, self.cause)


def run_of(cut: datetime, is_published: bool = True) -> Run:
    """The run of the night that cuts there, and is published an hour later."""
    started = cut + timedelta(minutes=5)
    return Run(f"{started:%Y%m%dT%H%M%SZ}", started, cut + HOUR if is_published else None, cut, cut)


def changes(random: Random, run: Run, days: Iterable[date]) -> list[Stated]:
    """What a run changes on ``days``: some hours of some homes before its cut, some of them withdrawn or in doubt."""
    return [
        _stated(random, home, quantity, at, run.run_id)
        for day in days
        for home in HOMES
        for quantity in QUANTITIES
        for hour in range(0, 24, 3)
        for at in [datetime(day.year, day.month, day.day, hour, tzinfo=timezone.utc)]
        if random.random() < 0.6 and run.cut is not None and at < run.cut
    ]


def _stated(random: Random, home: str, quantity: str, at: datetime, run_id: str) -> Stated:
    wh = round(random.uniform(0, 900), 3)
    kind = random.choice(("exact", "exact", "doubtful", "withdrawn"))
    if kind == "withdrawn":
        return Stated(home, quantity, at, None, 0.0, "withdrawn", None, None, "", at.date(), run_id)
    bounds, cause = ((wh, wh), "") if kind == "exact" else ((wh - 1, wh + 1), "gap")
    return Stated(home, quantity, at, wh, 0.75, "measured", *bounds, cause, at.date(), run_id)


def provisional(random: Random, days: Iterable[date]) -> dict[tuple[str, str], list[Value]]:
    """Values of the speed view by installation and quantity."""
    return {
        (home, quantity): [
            Value(at, round(random.uniform(1000, 1900), 3), SPEED, "", 1.0, "measured", None, None, "")
            for day in days
            for hour in range(0, 24, 2)
            for at in [datetime(day.year, day.month, day.day, hour, tzinfo=timezone.utc)]
            if random.random() < 0.5
        ]
        for home in HOMES
        for quantity in QUANTITIES
    }


def keep(spark: SparkSession, settings: Settings, rows: Sequence[Stated]) -> None:
    """Write them where the nights write theirs."""
    schema = f"{energy_files.COLUMNS}, event_day date, run_id string"
    frame = spark.createDataFrame(list(rows), schema)
    frame.write.mode("append").partitionBy("event_day", "run_id").parquet(settings.hdfs_path(energy_files.CHANGES))


def batch_of(rows: Iterable[Stated], home: str, quantity: str) -> list[Value]:
    """The values of one installation and quantity."""
    return [row.value for row in rows if (row.installation_id, row.quantity) == (home, quantity)]


def no_speed(spark: SparkSession) -> str:
    """A table without rows that stands in for Cassandra's speed view."""
    spark.sql(f"CREATE TABLE IF NOT EXISTS default.no_speed ({SPEED_ROW}) USING parquet")
    return "default.no_speed"
