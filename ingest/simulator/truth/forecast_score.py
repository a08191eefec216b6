"""Forecasts beside what truly came: errors by installation and quantity, and those of repeating the day before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from energy.energy_row import QUARTER
from energy.forecasts.scores import Array, coverage, mae, pinball

LEVELS = (0.1, 0.5, 0.9)
DAY = timedelta(days=1)
Hours = Mapping[datetime, tuple[float, float, float]]
"""Quantiles of :data:`LEVELS` by the hour's beginning (UTC), Wh."""


class ForecastScore(NamedTuple):
    """A forecast of one quantity beside the truth, Wh an hour, over the hours that both know."""

    installation_id: str
    quantity: str
    hours: int
    mae_wh: float
    naive_mae_wh: float
    """The error of the same hour of the day before, where that is known."""
    pinball_wh: float
    within: float
    """The share of hours between the lowest and the highest quantile; of a good forecast 0.8."""


def forecast_score(
    installation_id: str, quantity: str, forecast: Hours, truth: Mapping[tuple[str, datetime], float]
) -> ForecastScore | None:
    """The score of a ``forecast``; None where no hour of it is known (``truth`` in Wh by quarter-hour)."""
    known = [hour for hour in sorted(forecast) if _hour(truth, quantity, hour) is not None]
    if not known:
        return None
    true = _values(truth, quantity, known)
    quantiles = np.array([forecast[hour] for hour in known])
    naive = _values(truth, quantity, [hour - DAY for hour in known])
    below = coverage(quantiles, true)
    return ForecastScore(
        installation_id, quantity, len(known), mae(quantiles[:, 1], true), mae(naive, true),
        pinball(quantiles, true, LEVELS), below[-1] - below[0],
    )  # fmt: skip


def _values(truth: Mapping[tuple[str, datetime], float], quantity: str, hours: Sequence[datetime]) -> Array:
    found = (_hour(truth, quantity, hour) for hour in hours)
    return np.array([np.nan if value is None else value for value in found])


def _hour(truth: Mapping[tuple[str, datetime], float], quantity: str, hour: datetime) -> float | None:
    parts = [truth.get((quantity, hour + n * QUARTER)) for n in range(4)]
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None
