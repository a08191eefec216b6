from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from batch_layer.forecasting.features import lags, levels
from batch_layer.forecasting.features.site import Site
from batch_layer.forecasting.features.table import Series, feature_rows
from batch_layer.forecasting.quantity import CONSUMPTION, SOLAR, Quantity
from tests.support.series import load, plant

MADRID = Site(zone="Europe/Madrid")


def issues(*days: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(days).tz_localize("UTC")


def test_naive_is_the_same_hour_of_the_last_known_day_also_for_the_second_day() -> None:
    values = load(20)
    issue = issues("2026-01-20")
    table = feature_rows(Series("a", CONSUMPTION, values, Site()), issue, 48)
    yesterday = values[issue[0] - pd.Timedelta("1D") : issue[0] - pd.Timedelta("1h")].to_numpy()

    assert np.allclose(table["naive"], np.tile(yesterday, 2))
    assert np.allclose(table["last_week"], values.shift(24 * 7, freq="h").reindex(table["time"]))


def test_a_gap_is_bridged_by_the_day_before() -> None:
    values = load(20)
    values["2026-01-19 05:00":"2026-01-19 06:00"] = np.nan
    table = feature_rows(Series("a", CONSUMPTION, values, Site()), issues("2026-01-20"), 24)

    assert table["naive"][5] == values["2026-01-18 05:00+00:00"]
    assert np.isnan(table["day_1"][5])
    assert table["naive"].notna().all()


@pytest.mark.parametrize("quantity", [CONSUMPTION, SOLAR], ids=lambda q: q.name)
@pytest.mark.parametrize("day", ["2026-01-12", "2026-01-25"])
def test_features_do_not_see_beyond_the_issue(quantity: Quantity, day: str) -> None:
    values, weather = plant(40)
    site = Site(40.4, -3.7, 900.0, 30, 180, "Europe/Madrid")
    issue = issues(day)
    known = values[values.index < issue[0]]
    issued = weather[weather["issued_at"] <= issue[0]]

    whole = feature_rows(Series("a", quantity, values, site, weather), issue, 48).drop(columns="value")
    hidden = feature_rows(Series("a", quantity, known, site, issued), issue, 48).drop(columns="value")

    pd.testing.assert_frame_equal(whole, hidden, check_exact=True)


def test_the_search_for_leaks_finds_one(monkeypatch: pytest.MonkeyPatch) -> None:
    same_hour = lags.same_hour
    leaky = lambda past, target, limit, days=28: same_hour(past, target, limit + 24, days)  # noqa: E731
    monkeypatch.setattr(levels, "same_hour", leaky)

    with pytest.raises(AssertionError):
        test_features_do_not_see_beyond_the_issue(CONSUMPTION, "2026-01-25")


def test_wall_clock_lags_keep_the_hour_over_a_clock_change() -> None:
    values = load(80, start="2026-02-01")
    table = feature_rows(Series("a", CONSUMPTION, values, MADRID), issues("2026-03-30"), 24)
    # On the 29th Madrid's clocks went forward: 10:00 UTC is noon on the 30th, and 11:00 UTC was on the 28th.
    row = table[table["hour"] == 12].iloc[0]

    assert row["time"] == pd.Timestamp("2026-03-30 10:00", tz="UTC")
    assert row["anchor"] + row["day_2"] * row["unit"] == pytest.approx(values["2026-03-28 11:00+00:00"])


def test_holidays_count_as_sundays() -> None:
    table = feature_rows(Series("a", CONSUMPTION, load(120), MADRID), issues("2026-05-01", "2026-05-04"), 24)
    noon = table[table["hour"] == 12]

    assert noon["day_type"].tolist() == [2.0, 0.0]


def test_night_comes_from_the_place_and_else_from_the_own_history() -> None:
    values, _ = plant(30)
    here = feature_rows(Series("a", SOLAR, values, Site(40.4, -3.7)), issues("2026-01-30"), 24)
    anywhere = feature_rows(Series("a", SOLAR, values, Site()), issues("2026-01-30"), 24)

    assert here["dark"][0]
    assert not here["dark"][12]
    assert anywhere["dark"][[0, 3, 22]].all()
    assert not anywhere["dark"][7:17].any()


def test_a_wrong_place_does_not_hide_hours_of_generation() -> None:
    values, _ = plant(30)
    antipode = feature_rows(Series("a", SOLAR, values, Site(40.4, 176.3)), issues("2026-01-30"), 24)

    assert not antipode["dark"][8:16].any()


def test_a_silent_series_keeps_its_size() -> None:
    values, _ = plant(90)
    values.iloc[24 * 15 :] = np.nan
    table = feature_rows(Series("a", SOLAR, values, Site()), issues("2026-04-01"), 24)

    assert table["unit"].between(500, 900).all()
    assert table["days_28"].isna().all()
