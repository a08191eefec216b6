"""One row an hour for models that learn all hours together: levels of the price relative to the last day's mean.

They may be in units of how far prices have swung inside a day of late, too: then a dear year teaches a cheap one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from batch_layer.pricing.design import DAYS_BACK, Design

PARTS_OF_DAY = {"night": slice(1, 6), "morning": slice(8, 13), "afternoon": slice(14, 18), "evening": slice(19, 23)}
LAGS = (0, 1, 2, 3, 6, 13, 20, 27)
BESIDE = (-2, -1, 1, 2)
SWING_DAYS, LEAST_SWING = 14, 0.01


def anchor(design: Design) -> NDArray[Any]:
    """Mean of the last 24 known hours, to which the models' target is relative; shape (n, 1)."""
    mean: NDArray[Any] = design.last[:, :24].mean(axis=1, keepdims=True)
    return mean


def swing(design: Design) -> NDArray[Any]:
    """Mean distance of an hour's price from its day's mean, over the last ``SWING_DAYS`` days; shape (n, 1)."""
    days = design.recent[:, :SWING_DAYS]
    within = np.abs(days - days.mean(axis=2, keepdims=True)).mean(axis=(1, 2))
    least = LEAST_SWING * np.abs(design.recent).mean(axis=(1, 2)) + 1e-9
    return np.asarray(np.maximum(within, least)[:, None])


def inputs(design: Design, lags: bool = True, unit: NDArray[Any] | None = None) -> NDArray[Any]:
    """Features of every hour, shape (n · 24, features); prices relative to :func:`anchor`, in ``unit`` (n, 1)."""
    levels = _levels(design) if lags else {}
    if unit is not None:
        levels = {name: level / unit for name, level in levels.items()} | {"unit": unit}
    columns = {**_calendar(design), **levels}
    table = np.stack([np.broadcast_to(column, design.hour.shape) for column in columns.values()], axis=2).astype(float)
    if design.weather is not None:
        table = np.concatenate([table, design.weather], axis=2)
    return np.asarray(table.reshape(-1, table.shape[2]))


def _calendar(design: Design) -> dict[str, NDArray[Any]]:
    return {
        "hour": design.hour,
        "ahead": np.arange(24)[None, :],
        "weekday": design.weekday,
        "kind": design.kind,
        "kind_before": design.kinds[:, 2, None],
        "kind_after": design.kinds[:, 0, None],
        "season": design.season[:, None],
    }


def _levels(design: Design) -> dict[str, NDArray[Any]]:
    base = anchor(design)
    recent, last = design.recent, design.last
    rows = np.arange(len(base))[:, None]
    days = np.stack([recent[rows, k, design.hour] for k in range(DAYS_BACK)])
    levels = {f"day_{k + 1}": days[k] for k in LAGS}
    levels |= {f"beside_{step}": recent[rows, 0, (design.hour + step) % 24] for step in BESIDE}
    levels |= {"days_3": days[:3].mean(axis=0), "days_7": days[:7].mean(axis=0), "days_28": days.mean(axis=0)}
    levels |= {"low": days.min(axis=0), "high": days.max(axis=0)} | _alike(design, days)
    levels |= {f"last_{n}": last[:, :n].mean(axis=1)[:, None] for n in (1, 3, 6)} | {"second": last[:, 1, None]}
    for name, part in PARTS_OF_DAY.items():
        levels[name] = recent[:, 0, part].mean(axis=1)[:, None]
        levels[f"{name}_week"] = recent[:, :7, part].mean(axis=(1, 2))[:, None]
    levels |= {"least": recent[:, 0].min(axis=1)[:, None], "most": recent[:, 0].max(axis=1)[:, None]}
    levels |= {"day_before": recent[:, 1].mean(axis=1)[:, None], "week": recent[:, :7].mean(axis=(1, 2))[:, None]}
    levels |= {"month": recent.mean(axis=(1, 2))[:, None]}
    levels = {name: level - base for name, level in levels.items()}
    change = last[:, :24] - last[:, 24:48]
    return levels | {f"change_{n}": change[:, :n].mean(axis=1)[:, None] for n in (1, 3, 6)} | {"level": base}


def _alike(design: Design, days: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Means of the hour over the last days of the forecast day's own type, all and the newest three."""
    then = design.kinds[:, 2 : 2 + DAYS_BACK].T[:, :, None]
    same = then == design.kind[None]
    order = np.cumsum(same, axis=0)

    def mean(chosen: NDArray[Any]) -> NDArray[Any]:
        count = chosen.sum(axis=0)
        total = np.where(chosen, days, 0.0).sum(axis=0)
        return np.where(count > 0, total / np.maximum(count, 1), days[:7].mean(axis=0))

    return {"alike": mean(same), "alike_1": mean(same & (order <= 1)), "alike_3": mean(same & (order <= 3))}
