"""What is dropped, averaged or unknown in a history is counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from batch_layer.forecasting.histories.history import read_series
from batch_layer.forecasting.quantity import CONSUMPTION, SOLAR
from tests.support.series import load, plant, rows

MARKED = [65535.0, 32767.0, 6553.5, 2147483647.0, 4294967295.0]


@pytest.mark.parametrize(
    ("value", "capacity", "first"),
    [
        *((marker, capacity, first) for marker in MARKED for capacity in (None, 4000.0) for first in (0, 40)),
        (9_999_999.0, None, 40),
        (9_999_999.0, 4000.0, 0),
        (9_999_999.0, 4000.0, 40),
    ],
)
def test_an_impossible_hour_is_dropped_and_counted(value: float, capacity: float | None, first: int) -> None:
    values, _ = plant(60)
    values *= 2000 / values.max()
    bad = values.index[24 * first + 3 : 24 * first + 15]
    given = values.copy()
    given[bad] = value

    found = read_series("a", rows("a", given), SOLAR, capacity)

    assert found.repairs.impossible == 12
    assert found.outcomes.reindex(bad).isna().all()
    assert (found.outcomes.dropna() == values.drop(bad)).all()


def test_a_plant_that_grows_is_believed_on_the_third_day() -> None:
    values, _ = plant(60)
    values.iloc[24 * 30 :] *= 40

    found = read_series("a", rows("a", values), SOLAR)

    assert found.values.iloc[24 * 33 :].max() == values.iloc[24 * 33 :].max()


def test_negative_hours_and_hours_given_twice_are_counted() -> None:
    values = load(30)
    values.iloc[100:150] = -200.0
    given = pd.concat([rows("a", values), rows("a", values.iloc[:24] * 0)])

    found = read_series("a", given, CONSUMPTION).repairs

    assert (found.negative, found.averaged, found.unreadable) == (50, 24, 0)


def test_unreadable_cells_are_counted() -> None:
    given = rows("a", load(30).round(1)).astype({"value": str})
    given.loc[[3, 50], "value"] = ["unavailable", "5 Wh"]
    given.loc[60, "value"] = None

    assert read_series("a", given, CONSUMPTION).repairs.unreadable == 2


@pytest.mark.parametrize("hours_behind", [0, 9, 18])
def test_a_history_of_lit_hours_alone_has_nights_of_zero(hours_behind: int) -> None:
    values, _ = plant(40)
    values.index = values.index - pd.Timedelta(hours=hours_behind)
    lit = values[values > 0]

    found = read_series("a", rows("a", lit), SOLAR).values

    known = found[(found.index >= lit.index[0]) & (found.index < lit.index[-1])]
    assert (known == values.reindex(known.index).fillna(0.0)).all()


def test_an_hour_lost_by_day_is_no_night() -> None:
    values, _ = plant(40)
    lit = values[values > 0]
    gone = pd.DatetimeIndex(["2026-01-20T11:00Z", "2026-01-20T12:00Z"])

    assert read_series("a", rows("a", lit.drop(gone)), SOLAR).values[gone].isna().all()


def test_zeros_at_the_end_are_outcomes_and_nothing_to_learn_from() -> None:
    values, _ = plant(40)
    values.iloc[24 * 26 :] = 0.0

    found = read_series("a", rows("a", values), SOLAR)

    assert (found.outcomes.iloc[24 * 26 :] == 0).all()
    assert found.values.iloc[24 * 29 :].isna().all()
    assert found.repairs.off == found.values.isna().sum() > 0
    assert not np.isnan(found.outcomes).any()
