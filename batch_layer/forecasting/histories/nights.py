"""The nights of plants whose history holds their lit hours alone."""

from __future__ import annotations

import pandas as pd

ZERO_SHARE, NIGHT_HOURS = 0.01, (5, 20)
"""A plant's history with so few zeros holds its lit hours alone; its nights are gaps of so many hours,"""
SELDOM_DAYS, SELDOM_SHARE = 14, 0.5
"""in hours of the day that were known on fewer of the days before."""


def with_nights(values: pd.Series) -> pd.Series:
    """``values`` of a plant whose history holds its lit hours alone, zero through its nights.

    The evening counts as night up to midnight UTC; what follows it up to the next known hour.
    """
    known = values.dropna()
    if float((known == 0).mean()) > ZERO_SHARE or values.notna().mean() > 1 - NIGHT_HOURS[0] / 24:
        return values
    values = values.reindex(
        pd.date_range(values.index[0].floor("D"), values.index[-1].floor("D") + pd.Timedelta("23h"), freq="h")
    )
    missing = values.isna()
    run = (missing != missing.shift()).cumsum()
    length = missing.groupby(run).transform("sum")
    clock = pd.DatetimeIndex(values.index).tz_localize(None)
    newest = pd.Series(clock, index=values.index).where(~missing).ffill()
    evening = (newest.dt.floor("D") == clock.floor("D")).to_numpy()
    is_gap = (length >= NIGHT_HOURS[0]) | (run == run.iloc[-1])
    night = missing & is_gap & ((length <= NIGHT_HOURS[1]) | evening) & _seldom_known(values)
    answer: pd.Series = values.mask(night, 0.0)
    return answer


def _seldom_known(values: pd.Series) -> pd.Series:
    by_hour = values.notna().astype(float).groupby(values.index.hour)  # type: ignore[attr-defined]
    share = by_hour.transform(lambda known: known.rolling(SELDOM_DAYS, min_periods=1).mean().shift(fill_value=0.0))
    answer: pd.Series = share < SELDOM_SHARE
    return answer
