"""Irradiance where the provider gives none: from the cloud it foresees, as AEMET's state of the sky says it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from batch_layer.forecasting.features.site import Site, sun
from batch_layer.forecasting.quantity import Quantity

CLOUD, IRRADIANCE = "cloud_fraction", "ghi_w_m2"


def with_irradiance(variables: Sequence[str], quantity: Quantity) -> list[str]:
    """The weather's ``variables``, and irradiance where ``quantity`` lives by the sun and cloud is among them."""
    derived = [IRRADIANCE] if quantity.sun and CLOUD in variables and IRRADIANCE not in variables else []
    return [*variables, *derived]


def derived(weather: pd.DataFrame, site: Site) -> pd.DataFrame:
    """``weather`` with ``ghi_w_m2`` where it is unknown and cloud is known: what it lets through.

    G/G0 = 1 - 0.75 N^3.4 with N the share of the sky covered (Kasten and Czeplak, Solar Energy 24, 1980). Where the
    place is unknown G0 is 1, and the column a transmittance.
    """
    if CLOUD not in weather:
        return weather
    through = 1 - 0.75 * weather[CLOUD].clip(0, 1) ** 3.4
    times = pd.DatetimeIndex(weather["time"].unique())
    sky = sun(times, Site(site.latitude, site.longitude))
    if sky is not None:
        through = through * sky["clear"].reindex(weather["time"]).to_numpy()
    known = weather[IRRADIANCE].fillna(through) if IRRADIANCE in weather else through
    answer: pd.DataFrame = weather.assign(**{IRRADIANCE: known})
    return answer
