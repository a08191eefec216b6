"""The feature table of many series at once: one pandas function a series, spread by Spark."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import types as T  # noqa: N812

from batch_layer.forecasting.features.clock import utc
from batch_layer.forecasting.features.irradiance import derived
from batch_layer.forecasting.features.lags import LATEST_DAYS
from batch_layer.forecasting.features.site import GREATEST, Site
from batch_layer.forecasting.features.table import OFF, OWN_LINEAR, feature_rows, with_own_linear
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
    plain = feature_rows("", quantity, zeros, pd.DatetimeIndex([day[0] + pd.Timedelta("1D")]), 1, Site())
    names = [*plain.columns, *(SUN_COLUMNS if quantity.sun else ()), OWN_LINEAR, *columns(weather)]
    kinds: dict[str, T.DataType] = {
        "series_id": T.StringType(),
        "issued_at": T.TimestampType(),
        "time": T.TimestampType(),
        "dark": T.BooleanType(),
        OFF: T.BooleanType(),
    }
    return T.StructType([T.StructField(name, kinds.get(name, T.DoubleType())) for name in names])


def in_told_unit(table: pd.DataFrame, told: pd.Series) -> pd.DataFrame:
    """``table`` with every amount in the unit in force at its issue: ``told`` of the UTC day, 1 after its last."""
    factor = table["issued_at"].dt.floor("D").map(told).fillna(1.0)
    if (factor == 1.0).all():
        return table
    told_table: pd.DataFrame = table.assign(**{name: table[name] * factor for name in AMOUNTS})
    return told_table


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


def feature_table(
    history: DataFrame,
    weather: DataFrame | None,
    quantity: Quantity,
    issues: Callable[[str], pd.DatetimeIndex],
    horizon: int,
    sites: Mapping[str, Site],
    variables: Sequence[str] = (),
) -> DataFrame:
    """Feature rows of every series of ``history`` (series_id, start, value) for its ``issues`` (UTC).

    ``weather`` has series_id, issued_at, time and ``variables``. A series without credible history has no rows, but for
    a plant whose size and place are known: it has those of the last issue, without a past. An issue before a series'
    first day is over has none either. Issues stand at 00:00 UTC.
    """
    shape = schema(quantity, variables)
    names = shape.names

    # Columns of no type: empty ones of floats are refused as times.
    nothing: pd.DataFrame = pd.DataFrame(columns=names)

    def rows(key: tuple[str, ...], past: pd.DataFrame, issued: pd.DataFrame | None) -> pd.DataFrame:
        series_id = str(key[0])
        wanted, site = issues(series_id), sites.get(series_id, Site())
        try:
            known = read_series(series_id, past.assign(start=utc(past["start"])), quantity, site.capacity)
            values = known.values
            wanted = wanted[wanted >= values.index[0] + pd.Timedelta("1D")]
        except SeriesRefused:
            if not (quantity.sun and site.is_known):
                return nothing
            wanted = wanted[-1:]
            values = pd.Series(np.nan, index=pd.date_range(end=wanted[-1], periods=25, freq="h", inclusive="left"))
            known = History(values, values, pd.Series(dtype=float), Repairs())
        if wanted.empty:
            return nothing
        if not site.fits(float(values.quantile(GREATEST))):
            site = replace(site, capacity=None)
        if issued is not None:
            times = {name: utc(issued[name]) for name in ("issued_at", "time")}
            issued = hour_by_hour(issued.drop(columns="series_id").assign(**times))
            issued = derived(issued, site) if quantity.sun else issued
        # The series' own model learns from every day, also those whose rows the forests do without.
        days = pd.date_range(values.index[0].ceil("D"), wanted[-1], freq="D", inclusive="right")
        daily = feature_rows(series_id, quantity, values, days, 24, site, issued, None, known.outcomes)
        if horizon == 24 and wanted.isin(days).all():
            table = daily[daily["issued_at"].isin(wanted)].reset_index(drop=True)
        else:
            table = feature_rows(series_id, quantity, values, wanted, horizon, site, issued, None, known.outcomes)
        late, ages = late_issues(series_id, wanted[:-1], values.index[0])
        if len(late):
            hidden = feature_rows(series_id, quantity, values, late, horizon, site, issued, ages, known.outcomes)
            table = pd.concat([table, hidden], ignore_index=True)
        whole: pd.DataFrame = with_own_linear(table, daily, quantity, variables).reindex(columns=names)
        return in_told_unit(whole, known.told)

    if weather is None:

        def alone(key: tuple[str, ...], past: pd.DataFrame) -> pd.DataFrame:
            return rows(key, past, None)

        return history.groupBy("series_id").applyInPandas(alone, shape)

    def both(key: tuple[str, ...], past: pd.DataFrame, issued: pd.DataFrame) -> pd.DataFrame:
        return rows(key, past, issued) if len(past) else nothing

    return history.groupBy("series_id").cogroup(weather.groupBy("series_id")).applyInPandas(both, shape)
