from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from batch_layer.forecasting.histories.history import OFF_HOURS, SeriesRefused, hourly
from batch_layer.forecasting.quantity import CONSUMPTION, PRICE, SOLAR
from tests.support.series import load, plant, rows


def test_gaps_become_unknown_hours_and_repeats_their_mean() -> None:
    values = load(3)
    given = rows("a", values).drop(index=[5, 6])
    given = pd.concat([given, given.iloc[[0]].assign(value=values.iloc[0] + 100)])

    clean = hourly("a", given, CONSUMPTION)

    assert len(clean) == 72
    assert clean.isna().sum() == 2
    assert clean.iloc[0] == pytest.approx(values.iloc[0] + 50)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -500.0, "n/a"])
def test_what_is_no_power_is_unknown(bad: float | str) -> None:
    given = rows("a", load(3)).astype({"value": object})
    given.loc[30, "value"] = bad

    assert np.isnan(hourly("a", given, CONSUMPTION).iloc[30])


def test_an_inverter_drawing_a_little_at_night_generates_nothing() -> None:
    values, _ = plant(4)
    values = values.where(values > 0, -3.0)

    assert (hourly("a", rows("a", values), SOLAR).iloc[24:] >= 0).all()
    assert hourly("a", rows("a", values), SOLAR).iloc[24:].notna().all()


def test_a_price_may_be_negative() -> None:
    values = load(2)
    values.iloc[7] = -12.5

    assert hourly("a", rows("a", values), PRICE).iloc[7] == -12.5


@pytest.mark.parametrize("factor", [1e3, 1e-3])
def test_days_in_a_wrong_unit_are_put_right(factor: float) -> None:
    values = load(20)
    given = values.copy()
    given.iloc[24 * 8 : 24 * 12] *= factor

    assert np.allclose(hourly("a", rows("a", given), CONSUMPTION), values)


def test_a_meter_that_stands_still_is_not_in_another_unit() -> None:
    values = load(20)
    values.iloc[24 * 8 : 24 * 12] = 0.5  # 1/1000 of an ordinary hour, but no day is so flat

    assert np.allclose(hourly("a", rows("a", values), CONSUMPTION), values)


@pytest.mark.parametrize("stood_at", [0.2, 0.5])
def test_a_meter_that_moves_again_is_not_in_another_unit(stood_at: float) -> None:
    values = load(60)
    values.iloc[24 * 5 : 24 * 50] = stood_at

    assert np.allclose(hourly("a", rows("a", values), CONSUMPTION), values)


@pytest.mark.parametrize("factor", [1e3, 1e-3])
def test_cloudy_days_in_a_wrong_unit_are_put_right_too(factor: float) -> None:
    values, _ = plant(40)
    given = values.copy()
    given.iloc[24 * 20 : 24 * 35] *= factor

    assert np.allclose(hourly("a", rows("a", given), SOLAR), values)


def test_a_plant_that_stands_off_is_unknown_from_the_third_day_on() -> None:
    values, _ = plant(12)
    values.iloc[24 * 4 : 24 * 9] = 0.0

    clean = hourly("a", rows("a", values), SOLAR)

    off = clean.iloc[24 * 4 : 24 * 9]
    assert off.iloc[: OFF_HOURS - 12].notna().all()
    assert off.iloc[OFF_HOURS:].isna().all()
    assert clean.iloc[24 * 9 + 8 :].notna().all()


def test_what_comes_later_changes_nothing_before() -> None:
    values, _ = plant(12)
    values.iloc[24 * 4 : 24 * 9] = 0.0
    values.iloc[24 * 10 :] *= 1e3
    whole = hourly("a", rows("a", values), SOLAR)

    for end in (24 * 3, 24 * 5, 24 * 7, 24 * 11):
        pd.testing.assert_series_equal(hourly("a", rows("a", values.iloc[:end]), SOLAR), whole.iloc[:end])


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pd.DataFrame({"start": [], "value": []}).pipe(lambda f: pytest.param(f, "0 usable hours", id="empty")),
        pytest.param(rows("x", load(3)).assign(value=np.nan), "0 usable hours", id="all missing"),
        pytest.param(rows("x", load(3)).iloc[:20], "20 usable hours", id="short"),
        pytest.param(
            rows("x", load(4)).assign(start=pd.date_range("2026-01-05", periods=96, freq="15min", tz="UTC")),
            "15 minutes apart",
            id="quarter-hours",
        ),
    ],
)
def test_a_refusal_names_the_series(given: pd.DataFrame, reason: str) -> None:
    with pytest.raises(SeriesRefused, match=f"Series x: .*{reason}"):
        hourly("x", given, CONSUMPTION)
