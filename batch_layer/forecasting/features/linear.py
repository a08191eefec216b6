"""A series' own linear model: ridge regression by part of the day, refitted every two weeks from what was known.

Trees share what all series have in common; a line on one series' own recent levels follows it closer, most of all
where many homes add up. Its forecast is a feature of the forests, and where it has proved better, their centre.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

REFIT_DAYS = 14
FEWEST_DAYS = 28
PENALTY = 0.3
"""Added to the diagonal of the normal equations of standardised columns, for each outcome learnt from."""


def own_forecast(
    known: pd.DataFrame, wanted: pd.DataFrame, target: NDArray[Any], columns: Sequence[str], hours_a_part: int
) -> NDArray[Any]:
    """Forecast of ``target`` for the rows of ``wanted``, NaN where the history is too short.

    ``known`` has one issue a day of 24 hours each and ``target`` its outcomes (NaN: unknown). A row is forecast by a
    model of the issues whose day was over when the model was fitted, at most ``REFIT_DAYS`` before the row's issue.
    """
    day, wanted_day = _days(known), _days(wanted)
    part, wanted_part = (f["hour"].to_numpy() // hours_a_part for f in (known, wanted))
    names = [name for name in columns if name in known.columns and known[name].notna().any()]
    inputs, wanted_inputs = (f[names].to_numpy(dtype=float) for f in (known, wanted))
    types, wanted_types = (_kinds(f, hours_a_part) for f in (known, wanted))
    values = np.full(len(wanted), np.nan)
    usable = ~np.isnan(target)
    first = day.min() if len(day) else 0
    for fitted in np.unique(wanted_day - wanted_day % REFIT_DAYS):
        now = (wanted_day >= fitted) & (wanted_day < fitted + REFIT_DAYS)
        past = usable & (day < fitted)
        if fitted - first < FEWEST_DAYS:
            continue
        for p in np.unique(wanted_part[now]):
            rows, mine = past & (part == p), now & (wanted_part == p)
            if rows.sum() >= FEWEST_DAYS:
                values[mine] = _ridge(inputs[rows], types[rows], target[rows], wanted_inputs[mine], wanted_types[mine])
    return values


def _days(frame: pd.DataFrame) -> NDArray[Any]:
    days: NDArray[Any] = frame["issued_at"].to_numpy().astype("datetime64[D]").astype(np.int64)
    return days


def _kinds(frame: pd.DataFrame, hours_a_part: int) -> NDArray[Any]:
    """One column for each hour of the part and day type."""
    types = frame["day_type"].to_numpy() if "day_type" in frame else np.zeros(len(frame))
    kind = (frame["hour"].to_numpy() % hours_a_part) * 3 + types
    columns: NDArray[Any] = kind[:, None] == np.arange(3 * hours_a_part)[None, :]
    return columns.astype(float)


def _ridge(
    inputs: NDArray[Any],
    kinds: NDArray[Any],
    target: NDArray[Any],
    wanted: NDArray[Any],
    wanted_kinds: NDArray[Any],
) -> NDArray[Any]:
    """Ridge regression of ``target`` on standardised ``inputs`` (unknown = mean) and ``kinds``, for ``wanted``."""
    there = ~np.isnan(inputs)
    count = np.maximum(there.sum(axis=0), 1)
    centre = np.where(there, inputs, 0.0).sum(axis=0) / count
    spread = np.sqrt((np.where(there, inputs - centre, 0.0) ** 2).sum(axis=0) / count) + 1e-9

    def design(values: NDArray[Any], columns: NDArray[Any]) -> NDArray[Any]:
        standard = np.nan_to_num((values - centre) / spread).clip(-5, 5)
        return np.hstack([standard, columns])

    matrix, level = design(inputs, kinds), target.mean()
    normal = matrix.T @ matrix + PENALTY * len(target) * np.eye(matrix.shape[1])
    weights = np.linalg.solve(normal, matrix.T @ (target - level))
    answer: NDArray[Any] = level + design(wanted, wanted_kinds) @ weights
    return answer
