"""Histories as people bring them, made hourly and whole, or refused by name.

Every judgement of an hour rests on that hour and those before it, so that what is learnt later never changes what a
forecast knew.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from batch_layer.forecasting.quantity import Quantity
from conf.refusal import Refusal

FEWEST_HOURS = 24
OFF_HOURS = 48
"""After so many hours without output a plant is taken for off, and what it would give for unknown."""
STANDBY_SHARE = 0.02
"""Negative values up to this share of the greatest so far are an inverter's own draw, and zero as generation."""
LIKE_DAYS, LIKE_FACTOR, LIKE_STANDING = 14, 4.0, 0.5
"""A day in a wrong unit, scaled back, has half its hours within this factor of what these days had at the hour. Where
more than this share of hours only repeat the one before, in the day or in those days, they must be as still as each
other: a meter that stood for weeks says nothing of a day on which it moves."""


class SeriesRefused(Refusal):
    """A series no forecast can be made for; the text names it and says why."""


def hourly(series_id: str, rows: pd.DataFrame, quantity: Quantity) -> pd.Series:
    """The series on a gapless UTC hour grid, NaN where nothing credible is known.

    ``rows`` has ``start`` (UTC) and ``value``. Repeated hours, and the quarter-hours of prices, are averaged; what is
    not a finite number and, where the quantity has a floor, negative values are taken out; days in a unit 1,000 times
    too large or small are put right; a plant that stands off for days is taken as unknown from then on. Raises
    :class:`SeriesRefused`.
    """
    starts = pd.DatetimeIndex(rows["start"])
    if quantity.floor is None and bool((starts == starts.floor("15min")).all()):
        starts = starts.floor("h")  # a market's quarter-hours, since 2025, are averaged
    values = pd.Series(pd.to_numeric(rows["value"], errors="coerce").to_numpy(dtype=float), index=starts)
    values = values.replace([np.inf, -np.inf], np.nan).sort_index()
    if quantity.floor is not None:
        standby = -STANDBY_SHARE * values.abs().cummax() if quantity.sun else 0.0
        values = values.where(values >= standby).clip(lower=quantity.floor)
    values = values.dropna()
    hours = values.index.nunique()
    if hours < FEWEST_HOURS:
        raise SeriesRefused(f"Series {series_id}: {hours} usable hours of history; at least {FEWEST_HOURS} are needed.")
    _check_spacing(series_id, starts)
    values = values.groupby(level=0).mean().asfreq("h")
    if quantity.floor is not None:
        values = _without_unit_errors(values)
    return _without_outages(values) if quantity.sun else values


def _check_spacing(series_id: str, starts: pd.DatetimeIndex) -> None:
    ordered = pd.Series(starts.unique().sort_values())
    usual = ordered.diff().mode().iloc[0]
    if usual != pd.Timedelta("1h") or bool((starts != starts.floor("h")).any()):
        raise SeriesRefused(
            f"Series {series_id}: its values are {usual.total_seconds() / 60:.0f} minutes apart or do not begin on the "
            "hour; give one value an hour, its start on the hour."
        )


def _without_unit_errors(values: pd.Series) -> pd.Series:
    """Days a thousand times above or below what went before, scaled back.

    A day counts by its greatest hour, against the median of the days before as they were put right. Only a factor
    between 200 and 5,000 is taken for a wrong unit, and only of a day that scaled back is like those before it, so
    that a quiet, dead or standing day stays what it is.
    """
    days = values.to_frame("value").assign(day=values.index.floor("D"), hour=values.index.hour)  # type: ignore[attr-defined]
    table = days.pivot(index="day", columns="hour", values="value")
    hours, peaks = table.to_numpy(), table.max(axis=1).to_numpy()
    factors = np.ones(len(peaks))
    usual: list[float] = []
    for i, peak in enumerate(peaks):
        if not peak > 0:
            continue
        ratio = peak / float(np.median(usual)) if usual else 1.0
        factor = 1e-3 if 200 < ratio < 5000 else 1e3 if 1 / 5000 < ratio < 1 / 200 else 1.0
        if factor != 1.0 and _alike(hours[i] * factor, (hours[:i] * factors[:i, None])[-LIKE_DAYS:]):
            factors[i] = factor
        usual.append(peak * factors[i])
    answer: pd.Series = values * pd.Series(factors, index=table.index).reindex(values.index, method="ffill").to_numpy()
    return answer


def _alike(day: NDArray[Any], before: NDArray[Any]) -> bool:
    """Whether a day's hours lie by and large where those of the days before do, and move from hour to hour as they."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an hour that is never known
        usual = np.nanmedian(before, axis=0)
    both = (day > 0) & (usual > 0)
    if not both.any() or float(np.median(np.abs(np.log(day[both] / usual[both])))) > np.log(LIKE_FACTOR):
        return False
    standing = _standing(day[None, :]), _standing(before)
    return max(standing) <= max(LIKE_STANDING, min(standing))


def _standing(days: NDArray[Any]) -> float:
    """Share of hours above zero that only repeat the hour before."""
    above = days[:, 1:] > 0
    return float((above & (days[:, 1:] == days[:, :-1])).sum() / max(above.sum(), 1))


def _without_outages(values: pd.Series) -> pd.Series:
    zero = values.fillna(0.0) == 0
    run = (~zero).cumsum()
    since = zero.groupby(run).cumsum()
    answer: pd.Series = values.where(~(zero & (since > OFF_HOURS)))
    return answer
