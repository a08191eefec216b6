"""The curve of prices: known ones, forecast ones and their band."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import plotly.graph_objects as go

from energy.money.quotes import FORECAST
from serving_layer.web.axes import FAINT, Labels, Place, axis, layout
from serving_layer.web.price_panel import Price, Prices, end_of
from serving_layer.web.words.words import Words

LINE, AREA = "#6d28d9", "rgba(124,58,237,%s)"
PLACE = Place("€/kWh", margin=48, legend=-0.16)


def figure(shown: Prices, words: Words) -> go.Figure:
    """EUR/kWh over the hours; the axis is UTC, its labels local."""
    known = [price for price in shown.values if price["kind"] != FORECAST]
    forecast = [price for price in shown.values if price["kind"] == FORECAST]
    end = end_of(shown.values[-1]) if shown.values else shown.start + timedelta(days=1)
    labels = Labels(shown.zone, words)
    heights = {"zeroline": True, "zerolinecolor": FAINT, "tickformat": ".2f"}
    drawing = go.Figure(layout=layout((shown.start, end), shown.now, labels, PLACE, **heights))
    drawing.update_layout(uirevision=shown.market)
    if forecast:
        _add_band(drawing, forecast, words)
        _add_line(drawing, forecast, labels, is_known=False)
    if known:
        _add_line(drawing, known, labels, is_known=True)
    return drawing


def _add_line(drawing: go.Figure, values: Sequence[Price], labels: Labels, *, is_known: bool) -> None:
    words, last = labels.words, values[-1]
    name = words.known if is_known else words.forecast
    said = [
        f"{price['start'].astimezone(labels.zone):%H:%M}  {words.per_kwh(price['price_eur_mwh'])}" for price in values
    ]
    drawing.add_scatter(
        x=[*[axis(price["start"]) for price in values], axis(end_of(last))],
        y=[price["price_eur_mwh"] / 1000 for price in [*values, last]],
        customdata=[*said, said[-1]],
        name=name,
        legendrank=1 if is_known else 2,
        mode="lines",
        line={"color": LINE, "width": 2, "shape": "hv", "dash": "solid" if is_known else "dot"},
        fill="tozeroy" if is_known else None,
        fillcolor=AREA % 0.14,
        hovertemplate="%{customdata}<extra>" + name + "</extra>",
    )


def _add_band(drawing: go.Figure, values: Sequence[Price], words: Words) -> None:
    banded = [price for price in values if price["p10"] is not None and price["p90"] is not None]
    if not banded:
        return
    times = [*[axis(price["start"]) for price in banded], axis(end_of(banded[-1]))]
    shape = {"width": 0, "shape": "hv"}
    for level in ("p90", "p10"):
        heights = [price[level] / 1000 for price in [*banded, banded[-1]]]
        lower = level == "p10"
        drawing.add_scatter(
            x=times,
            y=heights,
            mode="lines",
            line=shape,
            hoverinfo="skip",
            showlegend=lower,
            fill="tonexty" if lower else None,
            fillcolor=AREA % 0.13,
            name=words.band,
            legendrank=3,
        )
