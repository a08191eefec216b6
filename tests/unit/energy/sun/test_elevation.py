"""The sun's height by short formulas, beside pvlib's."""

from __future__ import annotations

from datetime import timezone

import pandas as pd
import pytest
from pvlib.solarposition import get_solarposition

from energy.sun.elevation import elevation


@pytest.mark.parametrize("place", [(40.4, -3.7), (28.1, -15.4), (-33.9, 151.2), (69.6, 18.9), (0.0, 0.0), (52.5, 13.4)])
def test_it_is_pvlibs_within_half_a_degree(place: tuple[float, float]) -> None:
    times = pd.date_range("2024-01-01", "2030-12-31", freq="613h", tz="UTC")
    expected = get_solarposition(times, *place)["elevation"].to_numpy()
    found = [elevation(time.to_pydatetime().astimezone(timezone.utc), *place) for time in times]
    assert max(abs(expected - found)) < 0.5
