"""Errors of forecasts against outcomes, where both are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from energy.forecasts import scores
from energy.forecasts.scores import mae, pinball, pinball_losses, rmse


def mean_loss(forecasts: pd.DataFrame, levels: Sequence[float]) -> float:
    """Mean pinball loss over rows and levels, each row divided by its series' mean outcome; inf where none is known."""
    known = forecasts[forecasts["value"].notna() & forecasts["quantiles"].notna()]
    if known.empty:
        return float("inf")
    losses = pinball_losses(np.stack(known["quantiles"].tolist()), known["value"].to_numpy(), levels).mean(axis=1)
    by_series = pd.DataFrame({"loss": losses, "size": known["value"].abs()}).groupby(known["series_id"]).mean()
    return float((by_series["loss"] / by_series["size"].clip(lower=1e-9)).mean())


def summary(forecasts: pd.DataFrame, levels: Sequence[float]) -> pd.DataFrame:
    """Errors of the forecast and of the naive one over the rows where outcome, forecast and naive are all known.

    ``forecasts`` has value, naive and quantiles (array a row, at ``levels``, 0.5 among them). Rows: MAE and RMSE of
    the median, mean pinball loss over the levels (the naive one takes its value for every quantile), RMSLE.
    """
    known = forecasts[forecasts["value"].notna() & forecasts["naive"].notna()]
    value, naive = known["value"].to_numpy(), known["naive"].to_numpy()
    quantiles = np.stack(known["quantiles"].tolist()) if len(known) else np.empty((0, len(levels)))
    median = quantiles[:, list(levels).index(0.5)]
    flat = np.repeat(naive[:, None], len(levels), axis=1)
    rows = {
        "MAE": (mae(median, value), mae(naive, value)),
        "RMSE": (rmse(median, value), rmse(naive, value)),
        "pinball": (pinball(quantiles, value, levels), pinball(flat, value, levels)),
    }
    if len(known) and min(value.min(), median.min(), naive.min()) >= 0:
        rows["RMSLE"] = rmse(np.log1p(median), np.log1p(value)), rmse(np.log1p(naive), np.log1p(value))
    table = pd.DataFrame(rows, index=["forecast", "naive"]).T
    answer: pd.DataFrame = table.assign(ratio=table["forecast"] / table["naive"])
    return answer


def coverage(forecasts: pd.DataFrame, levels: Sequence[float]) -> pd.Series:
    """Share of known outcomes below each quantile, night apart (there every quantile is right)."""
    known = forecasts[forecasts["value"].notna() & forecasts["quantiles"].notna() & ~forecasts["dark"]]
    if known.empty:
        return pd.Series(list(levels), index=list(levels), dtype=float)
    quantiles = np.stack(known["quantiles"].tolist())
    below = scores.coverage(quantiles, known["value"].to_numpy())
    answer: pd.Series = pd.Series(below, index=list(levels))
    return answer


def by(forecasts: pd.DataFrame, levels: Sequence[float], key: str | pd.Series) -> pd.DataFrame:
    """MAE of forecast and naive, and their ratio, by ``key``, of those of which outcomes are known."""
    known = forecasts[forecasts["value"].notna() & forecasts["naive"].notna()]
    by_row = known[key] if isinstance(key, str) else key[known.index]
    tables = {name: summary(own, levels).loc["MAE"] for name, own in known.groupby(by_row)}
    answer: pd.DataFrame = pd.DataFrame(tables).T
    return answer
