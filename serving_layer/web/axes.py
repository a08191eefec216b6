"""Shared by the curves: colours of the frame, and axes in local time with a line at the present."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from serving_layer.web.words.words import Words

INK, FAINT, RULE = "#3f4a54", "#5b6770", "#e6e4dd"
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif'
HOURS_A_TICK = 6


class Place(NamedTuple):
    """The place of a curve in its frame."""

    unit: str
    """The unit of the heights."""
    margin: int
    """Pixels of their labels."""
    legend: float
    """Where the legend stands below the curve."""


class Labels(NamedTuple):
    """How a curve's times and heights are written."""

    zone: ZoneInfo
    words: Words


def layout(span: tuple[datetime, datetime], now: datetime, labels: Labels, place: Place, **y: Any) -> dict[str, Any]:
    """Layout of a curve over ``span``: the axis is UTC, its labels local; ``y`` is the axis of heights."""
    legend = {"orientation": "h", "y": place.legend, "x": 0, "font": {"size": 12}, "traceorder": "normal"}
    return {
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": place.margin, "r": 8, "t": 8, "b": 28},
        "legend": legend,
        "hovermode": "closest",
        "dragmode": False,
        "separators": labels.words.separators,
        "xaxis": _time_axis(*span, labels),
        "yaxis": {"gridcolor": RULE, "fixedrange": True, "title": _title(place.unit), **y},
        "shapes": [_line_at(axis(now))],
    }


def _title(unit: str) -> dict[str, Any]:
    return {"text": unit, "standoff": 4, "font": {"size": 12, "color": FAINT}}


def _time_axis(start: datetime, end: datetime, labels: Labels) -> dict[str, Any]:
    return {
        "range": [axis(start), axis(end)],
        **day_ticks(start, end, labels),
        "ticks": "outside",
        "tickcolor": RULE,
        "showgrid": False,
        "fixedrange": True,
        "linecolor": RULE,
    }


def _line_at(at: datetime) -> dict[str, Any]:
    line = {"color": FAINT, "width": 1, "dash": "dash"}
    return {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def day_ticks(start: datetime, end: datetime, labels: Labels) -> dict[str, Any]:
    """Where the axis from ``start`` to ``end`` has ticks, and what they say."""
    hours = [start + timedelta(hours=n) for n in range(int((end - start) / timedelta(hours=1)) + 1)]
    ticks = [hour for hour in hours if hour.astimezone(labels.zone).hour % HOURS_A_TICK == 0]
    return {
        "tickvals": [axis(tick) for tick in ticks],
        "ticktext": [_tick(tick.astimezone(labels.zone), labels.words) for tick in ticks],
        "tickangle": 0,
    }


def _tick(local: datetime, words: Words) -> str:
    """Midnight names the day and noon the hour; more would not fit a phone."""
    return {0: f"<b>{words.day(local)}</b>", 12: "12:00"}.get(local.hour, "")


def axis(instant: datetime) -> datetime:
    """Plotly takes times as they are written: UTC without its zone."""
    return instant.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
