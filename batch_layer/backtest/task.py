"""The task of a backtest, and its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from batch_layer.forecasting.histories.history import Repairs
from batch_layer.forecasting.histories.numbers import POINT
from batch_layer.forecasting.models.shape import MLLIB, XGBOOST
from batch_layer.forecasting.quantity import Quantity

Report = Callable[[str], None]


@dataclass(frozen=True)
class Task:
    """A backtest to run: issues at 00:00 UTC of each day from ``first`` to ``last`` (exclusive)."""

    quantity: Quantity
    history: Path
    weather: Path | None
    sites: Path | None
    first: pd.Timestamp
    last: pd.Timestamp
    levels: tuple[float, ...]
    engines: tuple[str, ...] = (XGBOOST, MLLIB)
    decimal: str = POINT
    """Decimal mark of the history's values."""


@dataclass(frozen=True)
class Result:
    """``forecasts``: series_id, issued_at, time, value, naive, quantiles (array a row, at ``levels``), step, model.

    ``refused`` says of each series without a forecast why; ``repairs`` what was changed in each history.
    """

    forecasts: pd.DataFrame
    levels: tuple[float, ...]
    refused: list[str]
    repairs: Mapping[str, Repairs] = field(default_factory=dict)


def write(result: Result, levels: Sequence[float], out: Path) -> None:
    """Write ``series_id,issued_at,time,q<quantile>…,step``; a file that is there is replaced whole."""
    quantiles = np.stack(result.forecasts["quantiles"].tolist())
    columns = {f"q{level:g}": quantiles[:, result.levels.index(level)] for level in levels}
    times = {name: result.forecasts[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ") for name in ("issued_at", "time")}
    frame = pd.DataFrame({"series_id": result.forecasts["series_id"], **times, **columns})
    frame["step"] = result.forecasts["step"]
    unfinished = out.with_name(f"{out.name}.unfinished")
    frame.to_csv(unfinished, index=False, float_format="%.6g")
    unfinished.replace(out)
