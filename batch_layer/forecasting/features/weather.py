"""Weather as it was issued: for each issue instant, the newest rows issued at or before it, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

KEYS = ("series_id", "issued_at", "time")
HOUR, COARSEST = pd.Timedelta("1h"), pd.Timedelta("24h")
ACCUMULATED_SHARE = 0.97
"""A column that hardly ever falls inside an issue, and rises, is taken for one accumulated since the issue."""


def column(variable: str, hours: int = 0) -> str:
    """Feature column of a variable in the hour itself, or -1 or 1 hours beside it."""
    return f"weather_{variable}" + {-1: "_before", 0: "", 1: "_after"}[hours]


AGE = "weather_age_h"


def columns(names: Sequence[str]) -> list[str]:
    """Every feature column that the variables ``names`` become."""
    return [column(name, hours) for name in names for hours in (-1, 0, 1)] + ([AGE] if names else [])


def variables(weather: pd.DataFrame) -> list[str]:
    """The numeric columns that describe the weather."""
    return [name for name in weather.columns if name not in KEYS and pd.api.types.is_numeric_dtype(weather[name])]


def accumulated(weather: pd.DataFrame) -> list[str]:
    """Columns that pile up inside each issue (radiation, rain), as weather centres give them."""
    issue = [key for key in KEYS[:2] if key in weather.columns]
    steps = weather.sort_values([*issue, "time"]).groupby(issue)[variables(weather)].diff()
    size = steps.notna().sum()
    piled_up = []
    for name in steps.columns:
        if size[name] < 10:
            continue
        rises = float((steps[name] > 0).sum()) / size[name]
        falls = float((steps[name] < 0).sum()) / size[name]
        if falls < 1 - ACCUMULATED_SHARE and rises > 0.2:
            piled_up.append(name)
    return piled_up


def differenced(weather: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """``weather`` with ``<name>_step``, the hour's own part of each accumulated column."""
    ordered = weather.sort_values(["issued_at", "time"])
    steps = ordered.groupby("issued_at")[names].diff()
    first = ~ordered.duplicated("issued_at")
    begins = first & (ordered["time"] - ordered["issued_at"] <= pd.Timedelta(0))
    steps = steps.where(~begins, ordered[names])
    answer: pd.DataFrame = ordered.assign(**{f"{name}_step": steps[name] for name in names})
    return answer


def hour_by_hour(weather: pd.DataFrame) -> pd.DataFrame:
    """``weather`` with the hours between, where an issue has a value only every few: at most every ``COARSEST``."""
    ordered = weather.sort_values(["issued_at", "time"])
    step = ordered.groupby("issued_at")["time"].diff()
    coarse = ordered["issued_at"].isin(ordered.loc[(step > HOUR) & (step <= COARSEST), "issued_at"])
    if not coarse.any():
        return weather
    parts = [ordered[~coarse]]
    for issued_at, own in ordered[coarse].groupby("issued_at"):
        values = own.drop_duplicates("time").set_index("time")[variables(weather)].resample("h").asfreq()
        filled = values.interpolate(limit=int(COARSEST / HOUR) - 1, limit_area="inside").dropna(how="all")
        parts.append(filled.reset_index().assign(issued_at=issued_at))
    answer: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return answer


def as_known(weather: pd.DataFrame, issues: pd.DatetimeIndex, first: int, last: int) -> pd.DataFrame:
    """Rows ``(issue, time)`` for hours ``first`` to ``last`` (exclusive) from each issue, as known at it.

    Where several issues cover an hour the newest that was out counts; column ``AGE`` is its age in hours. Index
    (issue, time).
    """
    names = variables(weather)
    ordered = weather.sort_values("issued_at", kind="stable")
    hours = pd.timedelta_range(start=f"{first}h", end=f"{last - 1}h", freq="h")
    grid = pd.DataFrame(
        {
            "issue": np.repeat(issues, len(hours)),
            "time": np.tile(hours, len(issues)) + np.repeat(issues, len(hours)),
        }
    )
    known = pd.merge_asof(
        grid.sort_values("issue", kind="stable"),
        ordered[["issued_at", "time", *names]],
        left_on="issue",
        right_on="issued_at",
        by="time",
        direction="backward",
    )
    known[AGE] = (known["issue"] - known["issued_at"]) / pd.Timedelta("1h")
    answer: pd.DataFrame = known.drop(columns="issued_at").set_index(["issue", "time"]).sort_index()
    return answer


def weather_features(weather: pd.DataFrame, issues: pd.DatetimeIndex, horizon: int) -> dict[str, NDArray[Any]]:
    """Features of the ``horizon`` hours after each issue: every variable in the hour and beside it, and their age."""
    known = as_known(weather, issues, -1, horizon + 1)
    names = variables(weather)
    cube = known[names].to_numpy(dtype=float).reshape(len(issues), horizon + 2, len(names))
    features = {AGE: known[AGE].to_numpy().reshape(len(issues), -1)[:, 1:-1].ravel()}
    for i, name in enumerate(names):
        for hours in (-1, 0, 1):
            features[column(name, hours)] = cube[:, 1 + hours : horizon + 1 + hours, i].ravel()
    return features
