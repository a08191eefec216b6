"""Errors of forecasts against outcomes, where both are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from energy.scores import pinball_losses


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
        "MAE": (np.abs(value - median).mean(), np.abs(value - naive).mean()),
        "RMSE": (np.sqrt(((value - median) ** 2).mean()), np.sqrt(((value - naive) ** 2).mean())),
        "pinball": (pinball_losses(quantiles, value, levels).mean(), pinball_losses(flat, value, levels).mean()),
    }
    if len(known) and min(value.min(), median.min(), naive.min()) >= 0:
        logs = np.log1p(value)
        rows["RMSLE"] = tuple(np.sqrt(((logs - np.log1p(x)) ** 2).mean()) for x in (median, naive))
    table = pd.DataFrame(rows, index=["forecast", "naive"]).T
    answer: pd.DataFrame = table.assign(ratio=table["forecast"] / table["naive"])
    return answer


def coverage(forecasts: pd.DataFrame, levels: Sequence[float]) -> pd.Series:
    """Share of known outcomes below each quantile, night apart (there every quantile is right).

    An outcome equal to a quantile, as zero at dawn, counts half below it.
    """
    known = forecasts[forecasts["value"].notna() & forecasts["quantiles"].notna() & ~forecasts["dark"]]
    if known.empty:
        return pd.Series(list(levels), index=list(levels), dtype=float)
    quantiles = np.stack(known["quantiles"].tolist())
    value = known["value"].to_numpy()[:, None]
    below = ((value < quantiles).mean(axis=0) + (value <= quantiles).mean(axis=0)) / 2
    answer: pd.Series = pd.Series(below, index=list(levels))
    return answer


def by(forecasts: pd.DataFrame, levels: Sequence[float], key: str | pd.Series) -> pd.DataFrame:
    """MAE of forecast and naive, and their ratio, by ``key``, of those of which outcomes are known."""
    known = forecasts[forecasts["value"].notna() & forecasts["naive"].notna()]
    by_row = known[key] if isinstance(key, str) else key[known.index]
    tables = {name: summary(own, levels).loc["MAE"] for name, own in known.groupby(by_row)}
    answer: pd.DataFrame = pd.DataFrame(tables).T
    return answer
