"""Rows that history is withheld from are those of a meter whose data arrive late."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from batch_layer.forecasting.features.frame import in_unit_of_issue, late_issues
from batch_layer.forecasting.features.lags import LATEST_DAYS
from batch_layer.forecasting.features.site import Site
from batch_layer.forecasting.features.table import HISTORY_AGE, WITHHELD, Series, feature_rows
from batch_layer.forecasting.quantity import CONSUMPTION, SOLAR, Quantity
from tests.support.series import hours, load, plant

ISSUES = hours(120)[[24 * 100]]


@pytest.mark.parametrize("quantity", [SOLAR, CONSUMPTION], ids=lambda q: q.name)
@pytest.mark.parametrize("days", [1, 7, 30, LATEST_DAYS])
def test_withheld_history_is_as_if_it_had_not_arrived(quantity: Quantity, days: int) -> None:
    values, weather = plant(120) if quantity.sun else (load(120), plant(120)[1])
    site = Site(40.4, -3.7, 900.0, 30, 180, "UTC")  # no clock changes between the two ends
    arrived = values[values.index < ISSUES[0] - pd.Timedelta(days=days)]

    withheld = feature_rows(Series("a", quantity, values, site, weather), ISSUES, 24, np.array([days]))
    late = feature_rows(Series("a", quantity, arrived, site, weather), ISSUES, 24)

    beside = ["value", WITHHELD, "off"]
    pd.testing.assert_frame_equal(withheld.drop(columns=beside), late.drop(columns=beside))
    assert (late[HISTORY_AGE] == days).all()
    assert late["days_28"].notna().all()


def test_an_older_history_says_nothing_of_levels() -> None:
    values, _ = plant(120)
    arrived = values[values.index < ISSUES[0] - pd.Timedelta(days=LATEST_DAYS + 2)]

    assert feature_rows(Series("a", SOLAR, arrived, Site()), ISSUES, 24)["days_28"].isna().all()


@pytest.mark.parametrize("count", [30, 200])
def test_late_issues_keep_a_day_of_history_and_are_always_the_same(count: int) -> None:
    issues = pd.date_range("2026-01-02", periods=count, freq="D", tz="UTC")
    begin = pd.Timestamp("2026-01-01", tz="UTC")

    late, ages = late_issues("a", issues, begin)

    assert (late - pd.to_timedelta(ages, unit="D") >= begin + pd.Timedelta("1D")).all()
    assert ages.min() >= 1
    assert ages.max() <= LATEST_DAYS
    assert late.equals(late_issues("a", issues, begin)[0])


def test_amounts_are_in_the_unit_of_their_issue() -> None:
    table = feature_rows(Series("a", CONSUMPTION, load(120), Site()), ISSUES, 24)
    unit = pd.Series(1e-3, index=ISSUES)

    for name in ("value", "anchor", "unit", "naive", "last_week"):
        assert np.allclose(in_unit_of_issue(table, unit)[name], table[name] * 1e-3)
    assert in_unit_of_issue(table, unit)["day_1"].equals(table["day_1"])
