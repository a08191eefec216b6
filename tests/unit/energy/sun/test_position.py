"""The sun over a known place, and one hour computed alone or among many."""

from __future__ import annotations

import numpy as np
import pandas as pd

from energy.sun.position import Plane, sun_over_hours

MADRID = (40.4168, -3.7038)
DAY = pd.date_range("2026-06-20T23:30Z", periods=96, freq="15min")  # the middle of each hour is a quarter of the 21st


def test_the_sun_stands_where_it_must() -> None:
    # At the June solstice the sun's noon elevation is 90 - latitude + 23.44 degrees, in the south.
    sun = sun_over_hours(DAY, *MADRID)
    noon = sun.iloc[int(sun["elevation"].argmax())]
    assert abs(noon["elevation"] - (90 - MADRID[0] + 23.44)) < 0.1
    assert abs(noon["azimuth"] - 180) < 5
    assert (DAY[int(sun["elevation"].argmax())] + pd.Timedelta("30min")).hour == 12


def test_a_clear_day_is_bright_at_noon_and_dark_at_night() -> None:
    sun = sun_over_hours(DAY, *MADRID)
    assert 930 < sun["clear"].max() < 1030
    assert sun["clear"].iloc[0] == 0
    assert (sun["clear"] >= 0).all()
    assert not sun["day"].iloc[0]
    assert sun["day"][sun["elevation"] > 0].all()


def test_an_hour_in_which_the_sun_rises_or_sets_is_of_the_day() -> None:
    hours = pd.date_range("2026-06-21", periods=24, freq="h", tz="UTC")
    sun = sun_over_hours(hours, *MADRID)
    low = sun_over_hours(hours - pd.Timedelta("30min"), *MADRID)["elevation"].to_numpy()  # at the hours' beginning
    highest = np.maximum(np.maximum(low, np.roll(low, -1)), sun["elevation"].to_numpy())
    assert (sun["day"].to_numpy() == (highest > 0)).all()
    assert sun["day"].sum() > (sun["elevation"] > 0).sum()


def test_a_plane_that_lies_flat_sees_the_horizontal() -> None:
    flat = sun_over_hours(DAY, *MADRID, Plane(0, 180))["clear"]
    np.testing.assert_allclose(flat, sun_over_hours(DAY, *MADRID)["clear"], atol=6)


def test_east_looks_at_the_morning() -> None:
    east = sun_over_hours(DAY, *MADRID, Plane(40, 90))["clear"]
    west = sun_over_hours(DAY, *MADRID, Plane(40, 270))["clear"]
    assert east[:48].sum() > 1.3 * west[:48].sum()


def test_many_hours_are_as_each_alone() -> None:
    plane = Plane(30, 160)
    together = sun_over_hours(DAY, *MADRID, plane)
    alone = pd.concat([sun_over_hours(DAY[n : n + 1], *MADRID, plane) for n in range(0, 96, 8)])
    pd.testing.assert_frame_equal(together.iloc[::8], alone, rtol=1e-12, check_freq=False)
