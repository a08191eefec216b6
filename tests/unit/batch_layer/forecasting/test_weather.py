from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from batch_layer.forecasting.features.weather import AGE, accumulated, as_known, differenced, hour_by_hour

DAY = pd.Timestamp("2026-03-01", tz="UTC")


def issue(at: pd.Timestamp, first: int, hours: int, **columns: NDArray[np.float64]) -> pd.DataFrame:
    times = at + pd.to_timedelta(np.arange(first, first + hours), unit="h")
    frame = pd.DataFrame({"issued_at": at, "time": times, **columns})
    return frame.astype({"issued_at": "datetime64[ns, UTC]", "time": "datetime64[ns, UTC]"})


def test_the_newest_issue_that_was_out_counts_hour_by_hour() -> None:
    old = issue(DAY - pd.Timedelta("1D"), 0, 72, t=np.full(72, 1.0))
    new = issue(DAY - pd.Timedelta("6h"), 0, 18, t=np.full(18, 2.0))
    later = issue(DAY + pd.Timedelta("1h"), 0, 48, t=np.full(48, 3.0))

    known = as_known(pd.concat([old, new, later]), pd.DatetimeIndex([DAY]), 0, 24)

    assert known["t"].tolist() == [2.0] * 12 + [1.0] * 12
    assert known[AGE].tolist() == [6.0] * 12 + [24.0] * 12


def test_hours_no_issue_covers_are_unknown() -> None:
    short = issue(DAY, 0, 12, t=np.full(12, 1.0))
    known = as_known(short, pd.DatetimeIndex([DAY]), 0, 24)

    assert known["t"].notna().sum() == 12
    assert known[AGE].isna().sum() == 12


def test_radiation_piled_up_since_the_issue_comes_hour_by_hour() -> None:
    hourly = np.array([0, 0, 0, 1, 2, 3, 2, 1, 0, 0, 0, 0], dtype=float)
    days = [DAY + pd.Timedelta(days=d) for d in range(3)]
    weather = pd.concat(
        [issue(day, 0, 12, rad=hourly.cumsum(), t=np.sin(np.arange(12.0)), flat=np.zeros(12)) for day in days]
    )

    assert accumulated(weather) == ["rad"]
    assert np.allclose(differenced(weather, ["rad"])["rad_step"], np.tile(hourly, 3))


def test_columns_that_pile_up_are_found_beside_other_series() -> None:
    times = pd.date_range("2026-01-05", periods=24 * 20, freq="h", tz="UTC")
    frames = []
    for series_id, size in (("1", 1.0), ("2", 40.0)):
        hour = times.hour.to_numpy()
        frame = pd.DataFrame({"series_id": series_id, "issued_at": times.floor("D"), "time": times})
        frames.append(frame.assign(radiation=size * np.cumsum(np.ones(24))[hour], cloud=np.sin(hour * size)))

    assert accumulated(pd.concat(frames, ignore_index=True)) == ["radiation"]


def test_a_coarse_issue_is_spread_by_the_hour_up_to_a_day() -> None:
    six = issue(DAY, 0, 19, t=np.arange(19.0)).iloc[::6]
    daily = issue(DAY + pd.Timedelta("1h"), 0, 49, t=np.arange(49.0)).iloc[::24]
    hourly = issue(DAY + pd.Timedelta("2h"), 0, 5, t=np.arange(5.0))
    rare = issue(DAY + pd.Timedelta("3h"), 0, 97, t=np.arange(97.0)).iloc[::48]

    found = hour_by_hour(pd.concat([six, daily, hourly, rare]))

    by_issue = {at: own.sort_values("time")["t"].tolist() for at, own in found.groupby("issued_at")}
    assert [len(values) for values in by_issue.values()] == [19, 49, 5, 3]
    assert np.allclose(by_issue[DAY], np.arange(19.0))
