"""Steps of a night over a folder in HDFS's place: killed anywhere and done again they leave the same rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from pyspark.sql import SparkSession

from batch_layer import clean, runs, totals
from batch_layer.artifacts import AFFECTED, CHANGES, DEVICE_DAYS, GAPS
from batch_layer.incremental import device_days
from batch_layer.master import dataset
from batch_layer.quarters import energy_view
from batch_layer.runs import Night, Run
from conf import Settings
from energy.limits import Limits
from store.catalogue import Catalogue
from store.history import recounts

FIRST = datetime(2026, 3, 3, 6, tzinfo=timezone.utc)
READING = (
    "installation_id string, device_id string, device_kind string, time timestamp, energy_total_wh double, "
    "kafka_partition int, kafka_offset bigint, received_at timestamp, event_day date"
)


class Killed(BaseException):
    """What a kill leaves undone, without the kill."""


def archive(spark: SparkSession, settings: Settings, batch: int, start: datetime, hours: int, wh: float) -> None:
    """Readings every half an hour of an inverter at 1 kW."""
    times = [start + timedelta(minutes=30 * n) for n in range(2 * hours + 1)]
    rows = [("a", "a-1", "inverter", t, wh + 500.0 * n, 0, n, t, t.date()) for n, t in enumerate(times)]
    dataset.append(spark, settings, "readings", batch, spark.createDataFrame(rows, READING))


def dying(real: Callable[..., Any], before: bool) -> Callable[..., None]:
    def die(*given: Any) -> None:
        if not before:
            real(*given)
        raise Killed

    return die


def worked(spark: SparkSession, settings: Settings, run: Run) -> Run:
    for step in (clean, totals):
        name = step.__name__.rpartition(".")[2]
        run = runs.finish(spark, settings, run, name, step.run(Night(spark, settings, run)))
    return run


def left(spark: SparkSession, settings: Settings, run: Run) -> dict[str, list[Any]]:
    """Every row the steps have left, in order."""
    days = energy_view.days(spark, settings)
    tables = {
        "energy": energy_view.read_rows(spark, settings, days, [run.run_id]),
        **{each.name: each.read(Night(spark, settings, run)) for each in (GAPS, AFFECTED, DEVICE_DAYS, CHANGES)},
    }
    return {name: sorted(map(tuple, rows.collect()), key=repr) for name, rows in tables.items()}


@pytest.fixture(autouse=True)
def one_home(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = Catalogue(frozenset({"a"}), limits={"a": Limits(5.0)})
    for step in (clean, totals):
        monkeypatch.setattr(step, "read_catalogue", lambda _settings: catalogue)
    monkeypatch.setattr(recounts, "read", lambda _settings: [])


def test_killed_anywhere_and_done_again_they_leave_the_same_rows(
    spark: SparkSession, settings: Settings, night: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(spark, settings, 0, FIRST, 40, 1000.0)
    archive(spark, settings, 1, FIRST + timedelta(days=5), 10, 121_000.0)
    run = worked(spark, settings, night)
    expected = left(spark, settings, run)
    assert sum(round(row[3] * 1000) for row in expected["energy"]) == 130_000_000

    # What one kill leaves lies under what the next one leaves, and all of it under the run that ends.
    for kills in (
        [(device_days, "write", False), (clean, "_write_expected", False), (clean, "_write_readings", False)],
        [(totals, "revisions", True), (energy_view, "write_changes", False), (totals, "by_day", True)],
    ):
        for module, function, before in kills:
            with monkeypatch.context() as patch:
                patch.setattr(module, function, dying(getattr(module, function), before))
                with pytest.raises(Killed):
                    worked(spark, settings, night)
        assert left(spark, settings, worked(spark, settings, night)) == expected


def test_a_reading_forty_days_late_restates_its_day_alone_and_says_why(
    spark: SparkSession, settings: Settings, night: Run
) -> None:
    archive(spark, settings, 0, FIRST - timedelta(days=41), 24 * 3, 1000.0)
    archive(spark, settings, 1, FIRST - timedelta(days=37), 24, 97_000.0)
    first = worked(spark, settings, night)
    late = FIRST - timedelta(days=40, hours=-6, minutes=-15)
    dataset.append(
        spark,
        settings,
        "readings",
        2,
        spark.createDataFrame([("a", "a-1", "inverter", late, 31_300.0, 0, 999, night.started, late.date())], READING),
    )
    second = replace(
        night,
        run_id="20260311T000500Z",
        cut=night.cut + timedelta(days=1),
        published=(first.run_id,),
        previous_cut=first.cut,
        finished={},
    )
    second = worked(spark, settings, second)
    changed = left(spark, settings, second)["energy"]
    assert {(row[1], row[11], row[10]) for row in changed} == {("generation", date(2026, 1, 22), "late")}
    assert sum(row[3] - row[9] for row in changed) == pytest.approx(0)
    assert all(row[9] == 250.0 for row in changed)
