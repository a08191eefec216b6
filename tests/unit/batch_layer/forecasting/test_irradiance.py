"""Irradiance from cloud, where the provider foresees only the sky."""

from __future__ import annotations

import pandas as pd
import pytest

from batch_layer.forecasting.features.irradiance import derived, with_irradiance
from batch_layer.forecasting.features.site import Site, sun
from batch_layer.forecasting.quantity import CONSUMPTION, SOLAR

MADRID = Site(40.4, -3.7, tilt=30, azimuth=180)


def issued(**columns: object) -> pd.DataFrame:
    times = pd.date_range("2026-06-21", periods=24, freq="h", tz="UTC")
    return pd.DataFrame({"issued_at": times[0], "time": times, **columns})


def test_a_clear_sky_lets_all_through_and_a_covered_one_a_quarter() -> None:
    sky = sun(pd.DatetimeIndex(issued()["time"]), Site(40.4, -3.7))
    assert sky is not None

    for cloud, share in ((0.0, 1.0), (1.0, 0.25), (0.5, 1 - 0.75 * 0.5**3.4)):
        found = derived(issued(cloud_fraction=cloud), MADRID)["ghi_w_m2"]
        assert found.to_numpy() == pytest.approx(share * sky["clear"].to_numpy())


def test_what_the_provider_gives_stands() -> None:
    found = derived(issued(cloud_fraction=0.3, ghi_w_m2=[700.0] * 12 + [float("nan")] * 12), MADRID)["ghi_w_m2"]

    assert (found.iloc[:12] == 700).all()
    assert found.iloc[12:].notna().all()


def test_without_a_place_it_is_what_the_cloud_lets_through() -> None:
    assert (derived(issued(cloud_fraction=1.0), Site())["ghi_w_m2"] == 0.25).all()


def test_only_the_sun_asks_for_it() -> None:
    assert with_irradiance(["cloud_fraction"], SOLAR) == ["cloud_fraction", "ghi_w_m2"]
    assert with_irradiance(["cloud_fraction", "ghi_w_m2"], SOLAR) == ["cloud_fraction", "ghi_w_m2"]
    assert with_irradiance(["cloud_fraction"], CONSUMPTION) == ["cloud_fraction"]
    assert with_irradiance(["temperature_c"], SOLAR) == ["temperature_c"]
