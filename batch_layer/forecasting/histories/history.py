"""Histories as people bring them, made hourly and whole, or refused by name; every change is counted.

Every judgement of an hour rests on that hour and those before it, so that what is learnt later never changes what a
forecast knew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from batch_layer.forecasting.features.site import GREATEST, Site
from batch_layer.forecasting.histories.nights import with_nights
from batch_layer.forecasting.histories.numbers import read_numbers
from batch_layer.forecasting.histories.plausible import without_impossible, without_markers
from batch_layer.forecasting.histories.units import find_units
from batch_layer.forecasting.quantity import Quantity
from conf.refusal import Refusal

FEWEST_HOURS = 24
OFF_HOURS = 48
"""Hours without output after which a plant is taken for off, and its possible output for unknown."""
STANDBY_SHARE = 0.02
"""Negative values up to this share of the greatest so far are an inverter's own draw, and zero as generation."""


class SeriesRefused(Refusal):
    """A series no forecast can be made for; the text names it and says why."""


@dataclass(frozen=True)
class Repairs:
    """Repairs of a series' values, in hours (``unreadable``: in cells); ``known`` are the hours it holds."""

    known: int = 0
    unreadable: int = 0
    negative: int = 0
    impossible: int = 0
    averaged: int = 0
    scaled: int = 0
    off: int = 0
    unit: float = 1.0
    """The factor from the unit that the history began in to the one it ended in."""


@dataclass(frozen=True)
class History:
    """A series on a gapless UTC hour grid, in the unit it ended in, NaN where nothing credible is known.

    ``outcomes`` are what came of each hour; ``values`` what is learnt from, unknown where the plant stood off.
    ``unit`` is what turns the unit into the one in force on each UTC day.
    """

    values: pd.Series
    outcomes: pd.Series
    unit: pd.Series
    repairs: Repairs


def hourly(series_id: str, rows: pd.DataFrame, quantity: Quantity) -> pd.Series:
    """The ``values`` of :func:`read_series`."""
    return read_series(series_id, rows, quantity).values


def read_series(series_id: str, rows: pd.DataFrame, quantity: Quantity, capacity: float | None = None) -> History:
    """The series of ``rows``, which have ``start`` (UTC) and ``value``; ``capacity`` is in the unit of the values.

    Repeated hours, and the quarter-hours of prices, are averaged; where the quantity has a floor, negative values and
    those no plant or home reaches are taken out, and days in a unit 1,000 times too large or small are put right; a
    plant that stands off for days is taken as unknown from then on. Raises :class:`SeriesRefused`.
    """
    starts = pd.DatetimeIndex(rows["start"])
    quarters = quantity.floor is None and bool((starts == starts.floor("15min")).all())
    grid = starts.floor("h") if quarters else starts  # a market's quarter-hours, since 2025, are averaged
    values = pd.Series(read_numbers(rows["value"]), index=grid)
    unreadable = int((values.isna() & rows["value"].notna().to_numpy()).sum() + np.isinf(values).sum())
    values = values.replace([np.inf, -np.inf], np.nan).sort_index(kind="stable")
    negative = values.iloc[:0]
    if quantity.floor is not None:
        standby = -STANDBY_SHARE * values.abs().cummax() if quantity.sun else 0.0
        negative = values[values < standby]
        values = values.where(values.isna() | (values >= standby)).clip(lower=quantity.floor)
    values = values.dropna()
    hours = values.index.nunique()
    if hours < FEWEST_HOURS:
        raise SeriesRefused(f"Series {series_id}: {hours} usable hours of history; at least {FEWEST_HOURS} are needed.")
    _check_spacing(series_id, grid)
    averaged = 0 if quarters else int(values.index.duplicated().sum())
    values = values.groupby(level=0).mean().asfreq("h")
    done = Repairs(known=hours + len(negative), unreadable=unreadable, negative=len(negative), averaged=averaged)
    return _credible(values, quantity, capacity, done)


def _credible(values: pd.Series, quantity: Quantity, capacity: float | None, done: Repairs) -> History:
    days = pd.DatetimeIndex(values.index.floor("D").unique())  # type: ignore[attr-defined]
    if quantity.floor is None:
        return History(values, values, pd.Series(1.0, index=days), done)
    known = values.notna()
    values = without_markers(values)
    units = find_units(values)
    values = values * _by_day(units.factor * units.now, days, values)
    fits = Site(capacity=capacity).fits(float(values.quantile(GREATEST)))
    values = without_impossible(values, capacity if fits else None)
    impossible = int((known & values.isna()).sum())
    scaled = int((values.notna() & (_by_day(units.factor * units.in_force, days, values) != 1)).sum())
    if quantity.sun:
        values = with_nights(values)
    learnt = _without_outages(values) if quantity.sun else values
    off = int((values.notna() & learnt.isna()).sum())
    repairs = replace(done, impossible=impossible, scaled=scaled, off=off, unit=units.now)
    return History(learnt, values, pd.Series(units.in_force / units.now, index=days), repairs)


def _check_spacing(series_id: str, starts: pd.DatetimeIndex) -> None:
    ordered = pd.Series(starts.unique().sort_values())
    usual = ordered.diff().mode().iloc[0]
    if usual != pd.Timedelta("1h") or bool((starts != starts.floor("h")).any()):
        raise SeriesRefused(
            f"Series {series_id}: its values are {usual.total_seconds() / 60:.0f} minutes apart or do not begin on the "
            "hour; give one value an hour, its start on the hour."
        )


def _by_day(of_days: NDArray[np.float64], days: pd.DatetimeIndex, values: pd.Series) -> NDArray[np.float64]:
    answer: NDArray[np.float64] = of_days[days.get_indexer(values.index.floor("D"))]  # type: ignore[attr-defined]
    return answer


def _without_outages(values: pd.Series) -> pd.Series:
    zero = values.fillna(0.0) == 0
    run = (~zero).cumsum()
    since = zero.groupby(run).cumsum()
    answer: pd.Series = values.where(~(zero & (since > OFF_HOURS)))
    return answer
