"""Histories as people bring them, made hourly and whole, or refused by name.

Every judgement of an hour rests on that hour and those before it, so that what is learnt later never changes what a
forecast knew.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from batch_layer.forecasting.quantity import Quantity
from conf.refusal import Refusal

FEWEST_HOURS = 24
OFF_HOURS = 48
"""After so many hours without output a plant is taken for off, and what it would give for unknown."""
STANDBY_SHARE = 0.02
"""Negative values up to this share of the greatest so far are an inverter's own draw, and zero as generation."""


class SeriesRefused(Refusal):
    """A series no forecast can be made for; the text names it and says why."""


def hourly(series_id: str, rows: pd.DataFrame, quantity: Quantity) -> pd.Series:
    """The series on a gapless UTC hour grid, NaN where nothing credible is known.

    ``rows`` has ``start`` (UTC) and ``value``. Repeated hours are averaged; what is not a finite number and, where
    the quantity has a floor, negative values are taken out; days in a unit 1,000 times too large or small are put
    right; a plant that stands off for days is taken as unknown from then on. Raises :class:`SeriesRefused`.
    """
    starts = pd.DatetimeIndex(rows["start"])
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
    between 200 and 5,000 is taken for a wrong unit, so that a quiet or dead day stays what it is.
    """
    peaks = values.resample("D").max()
    factors = np.ones(len(peaks))
    usual: list[float] = []
    for i, peak in enumerate(peaks.to_numpy()):
        if not peak > 0:
            continue
        ratio = peak / float(np.median(usual)) if usual else 1.0
        if 200 < ratio < 5000:
            factors[i] = 1e-3
        elif 1 / 5000 < ratio < 1 / 200:
            factors[i] = 1e3
        usual.append(peak * factors[i])
    answer: pd.Series = values * pd.Series(factors, index=peaks.index).reindex(values.index, method="ffill").to_numpy()
    return answer


def _without_outages(values: pd.Series) -> pd.Series:
    zero = values.fillna(0.0) == 0
    run = (~zero).cumsum()
    since = zero.groupby(run).cumsum()
    answer: pd.Series = values.where(~(zero & (since > OFF_HOURS)))
    return answer
