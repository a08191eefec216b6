"""The price card: what energy costs hour by hour today and in the next two days, and how right such forecasts were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
from dash import html

from serving_layer import energy_view, prices
from serving_layer.reader import Reader
from serving_layer.web import words
from serving_layer.web.chart import FAINT, FONT, INK, RULE, axis, day_ticks

MARKETS = {"pvpc": "Household tariff", "spot": "Day-ahead market"}
AHEAD = timedelta(hours=72)
KEPT_SECONDS = 30.0
NAIVE = "same hour of the last known day"
LINE, AREA = "#6d28d9", "rgba(124,58,237,%s)"
CHEAP_HOURS = 3
Price = Mapping[str, Any]


@dataclass(frozen=True)
class Prices:
    """Prices (EUR/MWh) from ``start`` on, by start, and the record of the models that forecast them; times are UTC."""

    market: str
    zone: ZoneInfo
    now: datetime
    start: datetime
    values: list[dict[str, Any]]
    record: list[dict[str, Any]]

    @property
    def ahead(self) -> list[dict[str, Any]]:
        """Those of the periods that have not ended."""
        return [price for price in self.values if _end(price) > self.now]


def take(reader: Reader, market: str, zone: ZoneInfo, start: datetime, now: datetime) -> Prices:
    """Prices from ``start``, the beginning of the local day; asked of the store at most every half minute."""

    def load() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        visible, place = energy_view.seen(reader), prices.ZONES[market]
        found = prices.read(reader, market, place, start, start + AHEAD, visible)
        return found, prices.record(reader, market, place, visible)

    values, record = reader.kept(f"prices {market} {start}", KEPT_SECONDS, load)
    return Prices(market, zone, now, start, values, record)


def style(shown: Prices) -> dict[str, str]:
    """Hides the card where neither a price is known nor forecast."""
    return {} if shown.values else {"display": "none"}


def figure(shown: Prices) -> go.Figure:
    """EUR/kWh over the hours; the axis is UTC, its labels local."""
    known = [price for price in shown.values if price["kind"] != prices.FORECAST]
    forecast = [price for price in shown.values if price["kind"] == prices.FORECAST]
    end = _end(shown.values[-1]) if shown.values else shown.start + timedelta(days=1)
    drawing = go.Figure(layout=_layout(shown, end))
    if forecast:
        _add_band(drawing, forecast)
        _add_line(drawing, forecast, "Forecast", shown.zone, dash="dot")
    if known:
        _add_line(drawing, known, "Known", shown.zone, fill=True)
    return drawing


def sentences(shown: Prices) -> list[Any]:
    """The price now, the cheapest hours ahead, and what the forecast rests on."""
    if not shown.values:
        return []
    now = next((price for price in shown.ahead if price["start"] <= shown.now), None)
    said = [html.Span(["Now ", html.B(_per_kwh(now["price_eur_mwh"]))])] if now else []
    cheap = cheapest(shown.ahead, CHEAP_HOURS)
    if cheap:
        said.append(
            html.Span(["Cheapest three hours from ", html.B(words.moment(cheap, shown.zone)), _how_known(shown, cheap)])
        )
    return [html.Div(said, className="price-now"), html.P(_record(shown), className="empty")]


def cheapest(ahead: Sequence[Price], hours: int) -> datetime | None:
    """When the cheapest ``hours`` hours in a row begin; None where fewer are known or forecast."""
    by_hour: dict[datetime, list[float]] = {}
    for price in ahead:
        by_hour.setdefault(price["start"].replace(minute=0), []).append(price["price_eur_mwh"])
    mean = {hour: sum(each) / len(each) for hour, each in by_hour.items()}
    sums = {}
    for hour in mean:
        following = [hour + timedelta(hours=n) for n in range(hours)]
        if all(each in mean for each in following):
            sums[hour] = sum(mean[each] for each in following)
    return min(sums, key=lambda hour: sums[hour], default=None)


def _how_known(shown: Prices, start: datetime) -> str:
    kinds = {p["kind"] for p in shown.values if start <= p["start"] < start + timedelta(hours=CHEAP_HOURS)}
    return ", as forecast" if prices.FORECAST in kinds else ""


def _record(shown: Prices) -> str:
    """How far off the published model and the naive forecast were."""
    published = next((row for row in shown.record if row["is_published"]), None)
    if published is None or not any(price["kind"] == prices.FORECAST for price in shown.values):
        return "Published prices; no forecast of them yet."
    told = f"Forecast: {published['model']}, off by {_cents(published['mae_eur_mwh'])} on average of the last "
    told += f"{published['days']} days"
    naive = next((row for row in shown.record if row["model"] == NAIVE), None)
    if naive is None or naive is published:
        return f"{told}."
    return f"{told}; the same hour of the day before by {_cents(naive['mae_eur_mwh'])}."


def _per_kwh(eur_mwh: float) -> str:
    return f"{eur_mwh / 1000:.3f} €/kWh"


def _cents(eur_mwh: float) -> str:
    return f"{eur_mwh / 10:.2f} c€/kWh"


def _end(price: Price) -> datetime:
    end: datetime | None = price["end"]
    return end or price["start"] + timedelta(hours=1)


def _add_line(
    drawing: go.Figure, values: Sequence[Price], name: str, zone: ZoneInfo, *, dash: str = "solid", fill: bool = False
) -> None:
    last = values[-1]
    told = [f"{price['start'].astimezone(zone):%H:%M}  {_per_kwh(price['price_eur_mwh'])}" for price in values]
    drawing.add_scatter(
        x=[*[axis(price["start"]) for price in values], axis(_end(last))],
        y=[price["price_eur_mwh"] / 1000 for price in [*values, last]],
        customdata=[*told, told[-1]],
        name=name,
        legendrank=1 if fill else 2,
        mode="lines",
        line={"color": LINE, "width": 2, "shape": "hv", "dash": dash},
        fill="tozeroy" if fill else None,
        fillcolor=AREA % 0.14,
        hovertemplate="%{customdata}<extra>" + name + "</extra>",
    )


def _add_band(drawing: go.Figure, values: Sequence[Price]) -> None:
    banded = [price for price in values if price["p10"] is not None and price["p90"] is not None]
    if not banded:
        return
    times = [*[axis(price["start"]) for price in banded], axis(_end(banded[-1]))]
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
            name="8 in 10 chance",
            legendrank=3,
        )


def _layout(shown: Prices, end: datetime) -> dict[str, Any]:
    now = axis(shown.now)
    return {
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 48, "r": 8, "t": 8, "b": 28},
        "legend": {"orientation": "h", "y": -0.16, "x": 0, "font": {"size": 12}, "traceorder": "normal"},
        "hovermode": "closest",
        "dragmode": False,
        "uirevision": shown.market,
        "xaxis": {
            "range": [axis(shown.start), axis(end)],
            **day_ticks(shown.start, end, shown.zone),
            "ticks": "outside",
            "tickcolor": RULE,
            "showgrid": False,
            "fixedrange": True,
            "linecolor": RULE,
        },
        "yaxis": {
            "gridcolor": RULE,
            "zeroline": True,
            "zerolinecolor": FAINT,
            "tickformat": ".2f",
            "fixedrange": True,
            "title": {"text": "€/kWh", "standoff": 4, "font": {"size": 12, "color": FAINT}},
        },
        "shapes": [
            {
                "type": "line",
                "x0": now,
                "x1": now,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": {"color": FAINT, "width": 1, "dash": "dash"},
            }
        ],
    }
