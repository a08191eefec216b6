"""What the page consists of before it is filled: the frame that the callbacks write into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from serving_layer.web.words import language
from serving_layer.web.words.words import Words

REFRESH_SECONDS = 5
SAID_BY_THE_BROWSER = ("waiting", "updated", "lost", "lost_since")
"""Phrases of what the browser alone knows: how long the server has not answered."""


def layout() -> html.Div:
    """The whole page, empty, in the language of the request."""
    words = language.of_request()
    return html.Div(
        [
            dcc.Interval(id="tick", interval=REFRESH_SECONDS * 1000),
            dcc.Interval(id="second", interval=1000),
            dcc.Store(id="updated"),
            dcc.Store(id="phrases", data={name: getattr(words, name) for name in SAID_BY_THE_BROWSER}),
            dcc.Location(id="address", refresh=False),
            _header(),
            html.Main(
                [
                    html.Div(id="banner", role="alert"),
                    _choice(words),
                    html.Section([html.Div(className="tile waiting") for _ in range(4)], id="tiles", className="tiles"),
                    _curve_card(words),
                    html.Section([html.H2(words.yesterday_and_today), html.Div(id="energies")], className="card"),
                    _price_card(words),
                    html.Section([html.H2(words.installations_now), html.Div(id="members")]),
                ]
            ),
            html.Footer([html.Div(id="basis"), html.Div(words.loading, id="age"), _languages(words)]),
        ],
        className="page",
    )


def _header() -> html.Header:
    brand = html.Div([html.Span(className="mark"), html.H1("Solera")], className="brand")
    return html.Header([brand, html.Div(id="status"), html.Div(id="lost", className="status", role="status")])


def _choice(words: Words) -> html.Div:
    return html.Div(
        [
            html.Label(words.installation, htmlFor="chosen", className="sr"),
            dcc.Dropdown(id="chosen", clearable=False, searchable=True, placeholder=words.installation),
        ],
        className="choose",
    )


def _curve_card(words: Words) -> html.Section:
    switch = _switch("quantity", words.quantities, words.curve_of)
    head = html.Div([html.H2(words.today_and_tomorrow), switch], className="card-head")
    return html.Section([head, html.Div(_graph("chart"), className="chart")], className="card")


def _price_card(words: Words) -> html.Section:
    """Hidden until there are prices."""
    switch = _switch("market", words.markets, words.market_of)
    return html.Section(
        [
            html.Div([html.H2(words.prices), switch], className="card-head"),
            html.Div(id="price-words"),
            html.Div(_graph("price-chart"), className="chart prices"),
        ],
        id="prices",
        className="card",
        style={"display": "none"},
    )


def _languages(words: Words) -> html.Div:
    names = {locale: each.name for locale, each in language.LANGUAGES.items()}
    return _switch("language", names, words.other_language, words.locale)


def _switch(name: str, choices: Mapping[str, str], spoken: str, chosen: str | None = None) -> html.Div:
    """Choices side by side, the first chosen, and what they are for whoever hears the page."""
    switch = dcc.RadioItems(dict(choices), chosen or next(iter(choices)), id=name, className="switch", inline=True)
    label: dict[str, Any] = {"aria-label": spoken}
    return html.Div(switch, role="radiogroup", **label)


def _graph(name: str) -> dcc.Graph:
    return dcc.Graph(
        id=name,
        figure={"layout": {"xaxis": {"visible": False}, "yaxis": {"visible": False}}},
        config={"displayModeBar": False, "responsive": True},
        style={"height": "100%"},
    )
