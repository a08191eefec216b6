"""What the page consists of before it is filled: the frame that the callbacks write into."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from serving_layer.web import price_panel

QUANTITIES = {"generation": "Produced", "consumption": "Used"}
REFRESH_SECONDS = 5


def layout() -> html.Div:
    """The whole page, empty."""
    return html.Div(
        [
            dcc.Interval(id="tick", interval=REFRESH_SECONDS * 1000),
            dcc.Interval(id="second", interval=1000),
            dcc.Store(id="updated"),
            dcc.Location(id="address", refresh=False),
            _header(),
            html.Main(
                [
                    html.Div(id="banner", role="alert"),
                    _choice(),
                    html.Section([html.Div(className="tile waiting") for _ in range(4)], id="tiles", className="tiles"),
                    _curve_card(),
                    html.Section([html.H2("Yesterday and today"), html.Div(id="energies")], className="card"),
                    _price_card(),
                    html.Section([html.H2("Installations now"), html.Div(id="members")]),
                ]
            ),
            html.Footer([html.Div(id="basis"), html.Div("Loading …", id="age")]),
        ],
        className="page",
    )


def _header() -> html.Header:
    brand = html.Div([html.Span(className="mark"), html.H1("Solera")], className="brand")
    return html.Header([brand, html.Div(id="status"), html.Div(id="lost", className="status", role="status")])


def _choice() -> html.Div:
    return html.Div(
        [
            html.Label("Installation", htmlFor="chosen", className="sr"),
            dcc.Dropdown(id="chosen", clearable=False, searchable=True, placeholder="Installation"),
        ],
        className="choose",
    )


def _curve_card() -> html.Section:
    switch = dcc.RadioItems(QUANTITIES, "generation", id="quantity", className="switch", inline=True)
    head = html.Div([html.H2("Today and tomorrow"), _group("Quantity of the curve", switch)], className="card-head")
    return html.Section([head, html.Div(_graph("chart"), className="chart")], className="card")


def _price_card() -> html.Section:
    """Hidden until there are prices."""
    return html.Section(
        [
            html.Div(
                [
                    html.H2("What energy costs"),
                    _group(
                        "Market of the prices",
                        dcc.RadioItems(price_panel.MARKETS, "pvpc", id="market", className="switch", inline=True),
                    ),
                ],
                className="card-head",
            ),
            html.Div(id="price-words"),
            html.Div(_graph("price-chart"), className="chart prices"),
        ],
        id="prices",
        className="card",
        style={"display": "none"},
    )


def _group(name: str, switch: dcc.RadioItems) -> html.Div:
    """``switch`` with a name for whoever hears the page."""
    spoken: dict[str, Any] = {"aria-label": name}
    return html.Div(switch, role="radiogroup", **spoken)


def _graph(name: str) -> dcc.Graph:
    return dcc.Graph(
        id=name,
        figure={"layout": {"xaxis": {"visible": False}, "yaxis": {"visible": False}}},
        config={"displayModeBar": False, "responsive": True},
        style={"height": "100%"},
    )
