"""The curve of today and tomorrow: what was published, what is provisional, what is forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from energy.energy_row import QUARTER
from serving_layer.views.forecast import ForecastHour
from serving_layer.views.merge import BATCH, SPEED, Value
from serving_layer.web.axes import FAINT, Labels, Place, axis, layout
from serving_layer.web.snapshot import Snapshot
from serving_layer.web.words.words import Words

COLOURS = {"generation": ("#b45309", "rgba(217,119,6,%s)"), "consumption": ("#1d4ed8", "rgba(37,99,235,%s)")}
"""Line, and what an opacity makes an area of; both stand out from white by more than 4.5 to 1."""
PLACE = Place("kW", margin=40, legend=-0.14)


def figure(snapshot: Snapshot, quantity: str, words: Words) -> go.Figure:
    """Power in kW from the beginning of the local day to the end of the next; the axis is UTC, its labels local."""
    line, area = COLOURS[quantity]
    labels = Labels(snapshot.zone, words)
    start, end = snapshot.window
    values = snapshot.today.get(quantity, [])
    drawing = go.Figure(layout=layout((start, end), snapshot.now, labels, PLACE, rangemode="tozero", zeroline=False))
    drawing.update_layout(uirevision=f"{snapshot.installation['installation_id']}")
    drawing.add_annotation(
        x=axis(snapshot.now),
        y=1,
        yref="paper",
        text=words.now,
        showarrow=False,
        xanchor="left",
        yanchor="top",
        xshift=4,
        font={"size": 12, "color": FAINT},
    )
    known_to = values[-1].start + QUARTER if values else start
    # Of a quarter-hour that has not ended the energy so far is no power.
    values = [value for value in values if value.start + QUARTER <= snapshot.now]
    if snapshot.forecast is not None:
        # Where the hours are known, the forecast has had its say.
        ahead = [h for h in snapshot.forecast.values if known_to <= h.time + timedelta(hours=1) and h.time < end]
        _add_band(drawing, ahead, (area, line), labels)
    for view, name, rank, opacity in ((BATCH, words.published, 1, 0.30), (SPEED, words.provisional, 2, 0.16)):
        style = {"name": name, "legendrank": rank, "line_color": line, "fillcolor": area % opacity}
        _add_view(drawing, [v for v in values if v.view == view], style, snapshot.zone)
    _add_now(drawing, snapshot, quantity, words)
    if not drawing.data:
        drawing.add_annotation(
            text=words.no_data, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, font_size=15
        )
    return drawing


def _add_view(drawing: go.Figure, values: Sequence[Value], style: Mapping[str, Any], zone: ZoneInfo) -> None:
    if not values:
        return
    times: list[datetime] = []
    heights: list[float | None] = []
    labels: list[str] = []
    for at, value in enumerate(values):
        if at and value.start != values[at - 1].start + QUARTER:
            times.append(value.start - QUARTER)
            heights.append(None)
            labels.append("")
        times.append(value.start)
        heights.append(value.energy_wh * 4 / 1000)
        labels.append(f"{value.start.astimezone(zone):%H:%M}")
    last = values[-1]
    drawing.add_scatter(
        x=[axis(t) for t in [*times, last.start + QUARTER]],
        y=[*heights, last.energy_wh * 4 / 1000],
        customdata=[*labels, labels[-1]],
        mode="lines",
        line={"width": 2, "shape": "hv"},
        fill="tozeroy",
        hovertemplate="%{customdata}  %{y:.2f} kW<extra>" + style["name"] + "</extra>",
        **style,
    )


def _add_now(drawing: go.Figure, snapshot: Snapshot, quantity: str, words: Words) -> None:
    """The power that the tiles say, as a point where the curve ends."""
    watts = snapshot.power.get(f"{quantity}_w")
    if watts is None:
        return
    drawing.add_scatter(
        x=[axis(snapshot.now)],
        y=[watts / 1000],
        mode="markers",
        marker={"color": COLOURS[quantity][0], "size": 9, "line": {"color": "#ffffff", "width": 2}},
        showlegend=False,
        hovertemplate=words.now + "  %{y:.2f} kW<extra></extra>",
    )


def _add_band(drawing: go.Figure, hours: Sequence[ForecastHour], colours: tuple[str, str], labels: Labels) -> None:
    if not hours:
        return
    middle = [axis(hour.time + timedelta(minutes=30)) for hour in hours]
    (area, line), words = colours, labels.words
    said = [_hour(hour, labels) for hour in hours]
    drawing.add_scatter(
        x=middle, y=[h.p90_wh / 1000 for h in hours], mode="lines", line_width=0, hoverinfo="skip", showlegend=False
    )
    drawing.add_scatter(
        x=middle,
        y=[h.p10_wh / 1000 for h in hours],
        mode="lines",
        line_width=0,
        fill="tonexty",
        fillcolor=area % 0.13,
        hoverinfo="skip",
        name=words.band,
        legendrank=4,
    )
    drawing.add_scatter(
        x=middle,
        y=[h.p50_wh / 1000 for h in hours],
        customdata=said,
        mode="lines",
        line={"color": line, "width": 2, "dash": "dot"},
        name=words.forecast,
        legendrank=3,
        hovertemplate="%{customdata}<extra>" + words.forecast + "</extra>",
    )


def _hour(hour: ForecastHour, labels: Labels) -> str:
    p10, p50, p90 = (labels.words.number(wh / 1000, 2) for wh in (hour.p10_wh, hour.p50_wh, hour.p90_wh))
    return f"{hour.time.astimezone(labels.zone):%H:%M}  {p50} kW ({p10} – {p90})"
