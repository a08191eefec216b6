"""The place of a series, and what the sun does there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from energy.sun.position import Plane, sun_over_hours

GREATEST = 0.99


@dataclass(frozen=True)
class Site:
    """Place and size of a series; every field may be unknown.

    ``capacity`` is in the unit of the series' values (an hour's greatest energy), tilt in degrees from the
    horizontal, azimuth in degrees clockwise from north. ``location`` names the place in the weather's own register.
    """

    latitude: float | None = None
    longitude: float | None = None
    capacity: float | None = None
    tilt: float | None = None
    azimuth: float | None = None
    zone: str | None = None
    location: str | None = None
    earlier: tuple[tuple[datetime, float | None], ...] = ()
    """Capacities before it was extended: (first instant without it, UTC; capacity or None), in order of time."""

    def shares(self, times: pd.DatetimeIndex) -> NDArray[np.float64]:
        """The part of today's capacity that it had at each of ``times`` (UTC); 1 where either is unknown."""
        found = np.ones(len(times))
        for until, capacity in reversed(self.earlier):
            share = 1.0 if capacity is None or self.capacity is None else capacity / self.capacity
            found[times < pd.Timestamp(until)] = share
        return found

    @property
    def is_known(self) -> bool:
        """Whether a plant can be forecast that has not generated yet."""
        return None not in (self.latitude, self.longitude, self.capacity)

    def fits(self, seen: float) -> bool:
        """Whether the capacity is one for values of which ``GREATEST`` lie below ``seen``; none fits, and so does any
        where nothing was seen. One in another unit would clip every forecast, or make nothing of it."""
        return self.capacity is None or not seen > 0 or 0.5 < self.capacity / seen < 50


UNKNOWN = Site()
"""A series of which nothing but its values is known."""


def sun(times: pd.DatetimeIndex, site: Site) -> pd.DataFrame | None:
    """Sun over the hours that begin at ``times``, on the site's plane where known; None where its place is not."""
    if site.latitude is None or site.longitude is None:
        return None
    plane = None if site.tilt is None or site.azimuth is None else Plane(site.tilt, site.azimuth)
    return sun_over_hours(times, site.latitude, site.longitude, plane)
