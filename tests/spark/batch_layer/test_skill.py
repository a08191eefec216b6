"""The record of forecasts cut up by horizon and month, and the alarm of those that drift."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession

from batch_layer.artifacts import DRIFT
from batch_layer.forecasting import skill
from batch_layer.publishing import drift
from batch_layer.runs import Night, Run
from conf import Settings
from store.history.alarms import NOW, THEN


def day_ahead(spark: SparkSession, night: Run, errors: dict[str, tuple[float, float]]) -> DataFrame:
    """Thirty days of hours from 8 to 15; by installation the forecast's error before the last week and in it."""
    rows = []
    for installation_id, (before, lately) in errors.items():
        for days in range(1, 31):
            issued = pd.Timestamp(night.cut) - pd.Timedelta(days=days)
            error = lately if days <= drift.RECENT_DAYS else before
            for hour in range(8, 16):
                value = 1000.0 + 10 * hour
                rows.append(
                    {
                        **{"installation_id": installation_id, "quantity": "generation", "issued_at": issued},
                        **{"time": issued + pd.Timedelta(hours=hour), "value": value, "dark": False},
                        **{"p10": value - 2 * error, "p50": value + error, "p90": value + 2 * error},
                        **{"naive": value + 100, "last_week": value - 150, "basis": "hindcast", "model": "forest"},
                    }
                )
    return spark.createDataFrame(pd.DataFrame(rows))


def test_errors_are_cut_up_by_hours_ahead_and_by_month(spark: SparkSession, night: Run) -> None:
    rows = day_ahead(spark, night, {"a": (50.0, 50.0)})
    found = skill.errors(rows).toPandas()

    hours = found[found["slice_by"] == "horizon"].set_index("slice")
    assert sorted(hours.index) == [f"{hour:02d}" for hour in range(8, 16)]
    assert (hours["hours"] == 30).all()
    assert np.allclose(hours[["mae_wh", "mae_yesterday_wh", "mae_last_week_wh", "bias_wh"]], [50, 100, 150, 50])
    months = found[found["slice_by"] == "month"].set_index("slice")["hours"]
    assert months.to_dict() == {"2026-02": 21 * 8, "2026-03": 9 * 8}
    (every, *_) = skill.skill(rows).take(1)
    assert months.sum() == every["hours"]


@pytest.mark.parametrize(
    ("before", "lately", "drifts"),
    [(50.0, 160.0, True), (50.0, 60.0, False), (50.0, 95.0, False), (120.0, 130.0, False)],
    ids=["lost its skill", "as ever", "worse, but better than naive", "never had any"],
)
def test_a_forecast_that_loses_what_it_could_do_drifts(
    spark: SparkSession, night: Run, before: float, lately: float, drifts: bool
) -> None:
    found = drift.drifting(day_ahead(spark, night, {"a": (before, lately)}), night).collect()

    assert [row["kind"] for row in found] == (["generation forecast drift"] if drifts else [])
    for row in found:
        assert row["figures"] == {NOW: pytest.approx(lately / 100, rel=0.3), THEN: pytest.approx(before / 100, rel=0.3)}
        assert all(f"{figure:.2f}" in row["text"] for figure in row["figures"].values())


def test_an_alarm_stands_from_its_night_until_one_that_no_longer_finds_it(
    spark: SparkSession, settings: Settings, night: Run
) -> None:
    bad, good = {"a": (50.0, 160.0)}, {"a": (50.0, 50.0)}
    runs = [replace(night, run_id=f"run-{n}", cut=night.cut + timedelta(days=n)) for n in range(4)]
    alarms_by_night, figures = [], []
    for n, (run, errors) in enumerate(zip(runs, (bad, bad, good, good), strict=True)):
        run = replace(run, published=tuple(before.run_id for before in runs[:n]))
        at_work = Night(spark, settings, run)
        DRIFT.write(at_work, drift.alarms(at_work, day_ahead(spark, run, errors)))
        kept = DRIFT.read(at_work).collect()
        alarms_by_night.append([(row["raised_at"], row["cleared_at"]) for row in kept])
        figures += [row["figures"] for row in kept]

    instants = [run.cut.replace(tzinfo=None) for run in runs]
    assert alarms_by_night == [[(instants[0], None)], [(instants[0], None)], [(instants[0], instants[2])], []]
    assert figures == [figures[0]] * 3, "an alarm keeps the figures it was raised with"
