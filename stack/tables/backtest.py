"""The tables of a backtest: the repairs of each history, the scores, and the coverage of each quantile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from batch_layer.backtest.task import Result
from batch_layer.forecasting import scores

CHANGES = ("unreadable", "negative", "impossible", "averaged", "scaled", "off")
"""Fields of :class:`batch_layer.forecasting.histories.history.Repairs` that are shown, as the person reads them."""
NET_SHARE = 0.05
"""Share of negative values above which a history may be one of import minus export."""


def show(console: Console, result: Result) -> None:
    """Print what was changed in the histories, and the scores of the forecasts beside the naive one's."""
    _show_repairs(console, result)
    rows, levels = result.forecasts, result.levels
    for text in result.refused:
        console.print(text, style="yellow", soft_wrap=True)
    if not (rows["value"].notna() & rows["naive"].notna()).any():
        console.print("The history holds nothing of the period, so the forecasts can't be scored.")
        return
    hour = (rows["time"] - rows["issued_at"]).dt.total_seconds() // 3600
    columns = ("forecast", "naive", "ratio")
    _table(console, "Scores", "", columns, scores.summary(rows, levels).round(5).to_dict("index"))
    _table(console, "MAE by horizon", "hours ahead", columns, scores.by(rows, levels, hour).round(5).to_dict("index"))
    _table(console, "MAE by series", "", columns, scores.by(rows, levels, "series_id").round(5).to_dict("index"))
    share = scores.coverage(rows, levels)
    share = share[share.index.isin(_nine_levels(levels))]
    covered = {
        f"q{level:g}": {"wanted": level, "outcomes below": round(float(share[level]), 4)} for level in share.index
    }
    _table(console, "Coverage", "", ("wanted", "outcomes below"), covered)
    steps = rows["step"].value_counts()
    console.print("steps: " + ", ".join(f"{step} {count:,} h" for step, count in steps.items()))


def _show_repairs(console: Console, result: Result) -> None:
    """The repairs of each history, and their consequences."""
    counts = {
        key: {name: getattr(own, name) for name in CHANGES}
        for key, own in result.repairs.items()
        if any(getattr(own, name) for name in CHANGES)
    }
    if counts:
        _table(console, "Changed in the history", "", CHANGES, counts)
        console.print(
            "Unreadable cells, negative and impossible hours are dropped; hours given twice are averaged; scaled are "
            "hours in a unit 1,000 times another; off are a plant's hours after two days without output, which are "
            "scored, but not learnt from.",
            soft_wrap=True,
        )
    for key, own in result.repairs.items():
        if own.unreadable:
            console.print(f"Series {key}: if its decimal mark is not the one declared, give --decimal.", soft_wrap=True)
        if own.negative > NET_SHARE * own.known:
            console.print(f"Series {key}: many values are negative; is it a net load?", soft_wrap=True)
        if own.unit != 1.0:
            console.print(
                f"Series {key}: its unit changed for good: an hour counts {own.unit:g} times what it did at first, and "
                "forecasts are in the newer unit.",
                soft_wrap=True,
            )


def _nine_levels(levels: tuple[float, ...]) -> tuple[float, ...]:
    """At most nine of the levels, evenly spread."""
    if len(levels) <= 9:
        return levels
    return tuple(levels[round((i + 1) * (len(levels) + 1) / 10) - 1] for i in range(9))


def _table(
    console: Console, title: str, key: str, columns: tuple[str, ...], rows: Mapping[Any, Mapping[str, float]]
) -> None:
    table = Table(key, title=title, title_justify="left")
    for name in columns:
        table.add_column(name, justify="right")
    for name, row in rows.items():
        table.add_row(
            f"{name:g}" if isinstance(name, float) else str(name), *[f"{row[column]:g}" for column in columns]
        )
    console.print(table)
