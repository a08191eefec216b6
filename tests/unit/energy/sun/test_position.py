"""The sun over a known place, and one time computed alone or among many."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd

from energy.sun.position import clear_sky, clear_sky_on_plane, sun_position

MADRID = (40.4168, -3.7038)
DAY = [datetime(2026, 6, 21, tzinfo=timezone.utc) + timedelta(minutes=15 * n) for n in range(96)]


def test_the_sun_stands_where_it_must() -> None:
    # At the June solstice the sun's noon zenith is latitude - 23.44 degrees, in the south.
    sun = sun_position(DAY, *MADRID)
    noon = int(np.argmin(sun.zenith))
    assert abs(sun.zenith[noon] - (MADRID[0] - 23.44)) < 0.1
    assert abs(sun.azimuth[noon] - 180) < 5
    assert DAY[noon].hour == 12


def test_a_clear_day_is_bright_at_noon_and_dark_at_night() -> None:
    sky = clear_sky(DAY, *MADRID, altitude_m=650)
    assert 930 < sky.ghi.max() < 1030
    assert sky.ghi[0] == sky.dni[0] == sky.dhi[0] == 0
    assert np.all(sky.ghi >= 0)
    sun = sun_position(DAY, *MADRID, altitude_m=650)
    up = sun.zenith < 85
    beam = sky.dni[up] * np.cos(np.radians(sun.zenith[up]))
    np.testing.assert_allclose(sky.ghi[up], beam + sky.dhi[up], rtol=1e-6)


def test_a_plane_that_lies_flat_sees_the_horizontal() -> None:
    flat = clear_sky_on_plane(DAY, *MADRID, tilt_deg=0, azimuth_deg=180)
    np.testing.assert_allclose(flat, clear_sky(DAY, *MADRID).ghi, atol=6)


def test_east_looks_at_the_morning() -> None:
    east = clear_sky_on_plane(DAY, *MADRID, tilt_deg=40, azimuth_deg=90)
    west = clear_sky_on_plane(DAY, *MADRID, tilt_deg=40, azimuth_deg=270)
    assert east[:48].sum() > 1.3 * west[:48].sum()


def test_vector_equals_scalar_and_every_form_of_time() -> None:
    vector = clear_sky_on_plane(DAY, *MADRID, tilt_deg=30, azimuth_deg=160)
    alone = [clear_sky_on_plane([time], *MADRID, tilt_deg=30, azimuth_deg=160)[0] for time in DAY[::8]]
    np.testing.assert_allclose(vector[::8], alone, rtol=1e-12)
    index = pd.DatetimeIndex(DAY)
    for times in (index, index.tz_localize(None).to_numpy(), index.tz_convert("Europe/Madrid")):
        np.testing.assert_array_equal(clear_sky_on_plane(times, *MADRID, tilt_deg=30, azimuth_deg=160), vector)
