"""The values of the batch view are those of the newest run, though only days that several runs state are compared."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta, timezone
from random import Random

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from batch_layer.quarters import energy_view
from conf import Settings
from energy.calendar import dates
from store.history import energy_files
from tests.support.sql.world import changes, keep, run_of

FIRST, LAST = date(2026, 2, 26), date(2026, 3, 9)
CUT = datetime(2026, 3, 10, tzinfo=timezone.utc)
LATE = [date(2026, 2, 27), date(2026, 3, 9)]


@pytest.fixture
def runs(spark: SparkSession, settings: Settings) -> list[str]:
    """A night of all days, one of two of them, and one of every day that is not asked for."""
    named = [run_of(CUT + timedelta(days=n)) for n in range(3)]
    for run, days in zip(named, (dates(FIRST, LAST), LATE, dates(FIRST, LAST)), strict=True):
        keep(spark, settings, changes(Random(run.run_id), run, days))
    return [run.run_id for run in named[:2]]


def test_values_are_the_newest_runs_without_those_withdrawn(
    spark: SparkSession, settings: Settings, runs: list[str]
) -> None:
    asked = dates(FIRST + timedelta(days=1), LAST)
    every = energy_view.read_rows(spark, settings, asked, runs)
    expected = energy_view.newest(every).where(F.col("energy_wh").isNotNull()).select(*every.columns)
    found = energy_view.read_values(spark, settings, asked, runs)
    assert Counter(map(tuple, found.select(*every.columns).collect())) == Counter(map(tuple, expected.collect()))
    assert {row.run_id for row in found.select("run_id").distinct().collect()} == set(runs)


def test_days_that_one_run_states_are_not_compared(spark: SparkSession, settings: Settings, runs: list[str]) -> None:
    everything = dates(FIRST, LAST)
    assert energy_files.contested(spark, settings, everything, runs) == LATE
    assert energy_files.contested(spark, settings, LATE[1:], runs) == LATE[1:]
    assert energy_files.contested(spark, settings, everything, runs[:1]) == []
    assert energy_files.contested(spark, settings, [], runs) == []
