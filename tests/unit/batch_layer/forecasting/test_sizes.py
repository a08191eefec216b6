"""A plant that was extended, and a community that grew, are learnt from as if they had always been what they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd

from batch_layer.forecasting.features.frame import AMOUNTS, Wanted, _rows
from batch_layer.forecasting.features.site import Site
from batch_layer.forecasting.quantity import SOLAR
from batch_layer.forecasting.sites import _sized, together
from store.history.memberships import Membership
from store.history.periods import FOREVER, Period
from tests.support.series import plant

DAYS = 90
BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
GREW = BEGIN + timedelta(days=60)
SITE = Site(40.4, -3.7, 900.0, 30, 180, "UTC")


def table(values: pd.Series, site: Site) -> pd.DataFrame:
    past = pd.DataFrame({"start": values.index, "value": values.to_numpy()})
    issues = pd.DatetimeIndex([values.index[24 * n] for n in (50, 70, 80)])
    found = _rows("a", past, None, Wanted(SOLAR, lambda _: issues, 24, {"a": site}))
    assert found is not None
    return found[found["withheld"] == 0].reset_index(drop=True)


def test_features_are_those_of_a_plant_that_has_always_been_so_large() -> None:
    values = plant(DAYS, start=f"{BEGIN:%Y-%m-%d}")[0]
    small = values.where(values.index >= GREW, values / 3)
    always = table(values, SITE)
    grown = table(small, replace(SITE, earlier=((GREW, 300.0),)))
    features = [name for name in always.columns if name not in AMOUNTS]
    pd.testing.assert_frame_equal(grown[features], always[features])
    before = (grown["issued_at"] < GREW).to_numpy()
    for name in AMOUNTS:
        # What was issued, and came, in the days of the smaller plant is given in its terms.
        share = np.where(before, 1 / 3, 1.0)
        np.testing.assert_allclose(grown[name], always[name] * share, equal_nan=True)
    assert before.any()
    assert not np.allclose(table(small, SITE)["days_28"], always["days_28"], equal_nan=True)


def test_shares_are_by_what_held_at_each_hour() -> None:
    times = pd.DatetimeIndex([BEGIN, GREW - timedelta(hours=1), GREW, GREW + timedelta(days=1)])
    site = replace(SITE, earlier=((BEGIN + timedelta(hours=1), None), (GREW, 300.0)))
    assert site.shares(times).tolist() == [1.0, 1 / 3, 1.0, 1.0]
    assert replace(site, capacity=None).shares(times).tolist() == [1.0] * 4


def test_a_community_is_as_large_as_its_members_were_then() -> None:
    members = [Membership("a", "c", end=GREW), Membership("b", "c"), Membership("d", "c", start=GREW)]
    sizes = {
        "a": [Period(3.0)],
        "b": [Period(4.0, end=BEGIN), Period(5.0, BEGIN)],
        "d": [Period(10.0, end=GREW + timedelta(days=5))],
    }
    found = together(members, sizes)
    assert [(each.value, each.start, each.end) for each in found[-3:]] == [
        (7.0, found[0].start, BEGIN),
        (8.0, BEGIN, GREW),
        (15.0, GREW, GREW + timedelta(days=5)),
    ]
    now = _sized(Site(), found, GREW + timedelta(days=1))
    assert (now.capacity, now.earlier) == (15_000.0, ((BEGIN, 7_000.0), (GREW, 8_000.0)))
    assert _sized(Site(), found, GREW + timedelta(days=9)).capacity is None
    assert _sized(Site(), [Period(5.0)], GREW) == Site(capacity=5_000.0)
    assert found[-1].end < FOREVER
