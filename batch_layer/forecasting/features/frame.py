"""The feature table of many series at once: one pandas function a series, spread by Spark."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import types as T  # noqa: N812

from batch_layer.forecasting.features.clock import utc
from batch_layer.forecasting.features.irradiance import derived
from batch_layer.forecasting.features.lags import LATEST_DAYS
from batch_layer.forecasting.features.site import GREATEST, Site
from batch_layer.forecasting.features.table import OFF, OWN_LINEAR, Series, feature_rows, with_own_linear
from batch_layer.forecasting.features.weather import columns, hour_by_hour
from batch_layer.forecasting.histories.history import History, Repairs, SeriesRefused, read_series
from batch_layer.forecasting.quantity import Quantity

SUN_COLUMNS = ("elevation", "sun_azimuth", "clear")
AMOUNTS = ("value", "anchor", "unit", "naive", "last_week", "ceiling")
"""Columns in the series' own unit."""
LATE_ISSUES, MANY_ISSUES = 4, 180
"""One issue in so many is also learnt from as if its history had ended days before; every one of a series that brings
so many itself, for it has few others beside it."""


def schema(quantity: Quantity, weather: Sequence[str]) -> T.StructType:
    """Schema of the feature table with weather variables ``weather``."""
    day = pd.date_range("2000-01-01", periods=24, freq="h", tz="UTC")
    zeros = pd.Series(0.0, index=day)
    plain = feature_rows(Series("", quantity, zeros, Site()), pd.DatetimeIndex([day[0] + pd.Timedelta("1D")]), 1)
    names = [*plain.columns, *(SUN_COLUMNS if quantity.sun else ()), OWN_LINEAR, *columns(weather)]
    kinds: dict[str, T.DataType] = {
        "series_id": T.StringType(),
        "issued_at": T.TimestampType(),
        "time": T.TimestampType(),
        "dark": T.BooleanType(),
        OFF: T.BooleanType(),
    }
    return T.StructType([T.StructField(name, kinds.get(name, T.DoubleType())) for name in names])


def in_unit_of_issue(table: pd.DataFrame, unit: pd.Series) -> pd.DataFrame:
    """``table`` with every amount in the unit in force at its issue: ``unit`` of the UTC day, 1 after its last."""
    factor = table["issued_at"].dt.floor("D").map(unit).fillna(1.0)
    if (factor == 1.0).all():
        return table
    converted: pd.DataFrame = table.assign(**{name: table[name] * factor for name in AMOUNTS})
    return converted


def late_issues(
    series_id: str, issues: pd.DatetimeIndex, begin: pd.Timestamp
) -> tuple[pd.DatetimeIndex, NDArray[np.int64]]:
    """The issues that are learnt from as late ones, too, and how many days of history each does without.

    Those are any number up to ``LATEST_DAYS``. The series' name decides which and how many, so that the same history
    gives the same rows.
    """
    random = np.random.default_rng(zlib.crc32(series_id.encode()))
    number = issues.normalize().asi8 // 86_400_000_000_000 + zlib.crc32(series_id.encode())
    late = issues if len(issues) >= MANY_ISSUES else issues[number % LATE_ISSUES == 0]
    ages = random.integers(1, LATEST_DAYS, len(late), endpoint=True)
    known = late - pd.to_timedelta(ages, unit="D") >= begin + pd.Timedelta("1D")
    return late[known], ages[known]


class Wanted(NamedTuple):
    """The hours of the series that are to have features, and the data these are made from."""

    quantity: Quantity
    issues: Callable[[str], pd.DatetimeIndex]
    """The issue instants (00:00 UTC) of a series."""
    horizon: int
    """Hours after each issue."""
    sites: Mapping[str, Site]
    variables: Sequence[str] = ()
    """Variables of the weather."""


def feature_table(history: DataFrame, weather: DataFrame | None, wanted: Wanted) -> DataFrame:
    """Feature rows of every series of ``history`` (series_id, start, value).

    ``weather`` has series_id, issued_at, time and the variables. A series without credible history has no rows, but for
    a plant whose size and place are known: it has those of the last issue, without a past. An issue before a series'
    first day is over has none either.
    """
    shape = schema(wanted.quantity, wanted.variables)
    # Columns of no type: empty ones of floats are refused as times.
    nothing: pd.DataFrame = pd.DataFrame(columns=shape.names)

    def both(key: tuple[str, ...], past: pd.DataFrame, issued: pd.DataFrame | None) -> pd.DataFrame:
        rows = _rows(str(key[0]), past, issued, wanted) if len(past) else None
        return nothing if rows is None else rows.reindex(columns=shape.names)

    def alone(key: tuple[str, ...], past: pd.DataFrame) -> pd.DataFrame:
        return both(key, past, None)

    if weather is None:
        return history.groupBy("series_id").applyInPandas(alone, shape)
    return history.groupBy("series_id").cogroup(weather.groupBy("series_id")).applyInPandas(both, shape)


def _rows(series_id: str, past: pd.DataFrame, issued: pd.DataFrame | None, wanted: Wanted) -> pd.DataFrame | None:
    """The feature rows of one series; None where it has none."""
    quantity, site = wanted.quantity, wanted.sites.get(series_id, Site())
    issues = wanted.issues(series_id)
    past = past.assign(start=utc(past["start"]))
    if site.earlier:  # all in terms of what it is today; each issue's amounts are given back in those of its day
        past = past.assign(value=past["value"] / site.shares(pd.DatetimeIndex(past["start"])))
    try:
        known = read_series(series_id, past, quantity, site.capacity)
        issues = issues[issues >= known.values.index[0] + pd.Timedelta("1D")]
    except SeriesRefused:
        if not (quantity.sun and site.is_known):
            return None
        issues = issues[-1:]
        known = _nothing_known(issues[-1])
    if issues.empty:
        return None
    if not site.fits(float(known.values.quantile(GREATEST))):
        site = replace(site, capacity=None)
    weather = None if issued is None else _hourly_weather(issued, quantity, site)
    series = Series(series_id, quantity, known.values, site, weather, known.outcomes)
    unit = known.unit * site.shares(pd.DatetimeIndex(known.unit.index))
    return in_unit_of_issue(_learnt(series, issues, wanted), unit)


def _nothing_known(issue: pd.Timestamp) -> History:
    """The history of a plant that has not generated before ``issue``."""
    day = pd.date_range(end=issue, periods=25, freq="h", inclusive="left")
    values = pd.Series(np.nan, index=day)
    return History(values, values, pd.Series(dtype=float), Repairs())


def _hourly_weather(issued: pd.DataFrame, quantity: Quantity, site: Site) -> pd.DataFrame:
    times = {name: utc(issued[name]) for name in ("issued_at", "time")}
    hourly = hour_by_hour(issued.drop(columns="series_id").assign(**times))
    return derived(hourly, site) if quantity.sun else hourly


def _learnt(series: Series, issues: pd.DatetimeIndex, wanted: Wanted) -> pd.DataFrame:
    """Rows of ``issues`` and of some as late ones, with the forecast of the series' own linear model."""
    # That model learns from every day, also those whose rows the forests do without.
    begin = series.history.index[0]
    days = pd.date_range(begin.ceil("D"), issues[-1], freq="D", inclusive="right")
    daily = feature_rows(series, days, 24)
    if wanted.horizon == 24 and issues.isin(days).all():
        table = daily[daily["issued_at"].isin(issues)].reset_index(drop=True)
    else:
        table = feature_rows(series, issues, wanted.horizon)
    late, ages = late_issues(series.series_id, issues[:-1], begin)
    if len(late):
        hidden = feature_rows(series, late, wanted.horizon, ages)
        table = pd.concat([table, hidden], ignore_index=True)
    return with_own_linear(table, daily, series.quantity, wanted.variables)
