"""The page: a Dash application that reads the views on the server and asks nothing of any other machine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import dash
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from werkzeug.exceptions import HTTPException

from serving_layer.reader import Reader, StoreAway
from serving_layer.views import catalogue
from serving_layer.views.catalogue import UnknownInstallation
from serving_layer.web import chart, parts, price_chart, price_panel
from serving_layer.web.frame import layout
from serving_layer.web.snapshot import Snapshot, at_present, first_choice, take
from serving_layer.web.words import language
from serving_layer.web.words.words import Words

INDEX = """<!DOCTYPE html>
<html lang="en">
<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}</head>
<body>{%app_entry%}<div hidden>{%config%}{%scripts%}{%renderer%}</div></body>
</html>"""

log = logging.getLogger(__name__)


class Shown(NamedTuple):
    """The data of one refresh of the page, and the language of its browser."""

    snapshot: Snapshot
    quantity: str
    prices: price_panel.Prices
    words: Words


class Part(NamedTuple):
    """A part of the frame, by its id there, and its content."""

    fill: Callable[[Shown], Any]
    property: str = "children"


PARTS: Mapping[str, Part] = {
    "banner": Part(lambda _: ""),
    "status": Part(lambda shown: parts.status(shown.snapshot, shown.words)),
    "tiles": Part(lambda shown: parts.now_tiles(shown.snapshot, shown.words)),
    "chart": Part(lambda shown: chart.figure(shown.snapshot, shown.quantity, shown.words), "figure"),
    "energies": Part(lambda shown: parts.energy_rows(shown.snapshot, shown.words)),
    "prices": Part(lambda shown: price_panel.style(shown.prices), "style"),
    "price-chart": Part(lambda shown: price_chart.figure(shown.prices, shown.words), "figure"),
    "price-words": Part(lambda shown: price_panel.sentences(shown.prices, shown.words)),
    "members": Part(lambda shown: parts.members(shown.snapshot, shown.words)),
    "basis": Part(lambda shown: parts.basis(shown.snapshot, shown.words)),
    "updated": Part(lambda shown: shown.snapshot.now.timestamp(), "data"),
}


def build(reader: Reader) -> Dash:
    """The application on ``reader``'s data."""
    page = Dash(
        "serving_layer.web",
        title="Solera",
        update_title="",
        index_string=INDEX,
        assets_folder=str(Path(__file__).with_name("assets")),
        serve_locally=True,
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"},
            {"name": "description", "content": "Solar production and use, live."},
        ],
    )
    # Dash's own log lines would tell every refresh.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    page.server.register_error_handler(Exception, _failed)
    page.layout = layout
    _connect(page, reader)
    return page


def _failed(error: Exception) -> tuple[str, int]:
    """One line in the log, without what was sent; nothing to whoever sent it."""
    status = error.code if isinstance(error, HTTPException) and error.code else 400
    log.warning("a call of the page failed: %s", type(error).__name__)
    return "", status


def _connect(page: Dash, reader: Reader) -> None:
    _connect_choice(page, reader)
    _connect_parts(page, reader)
    page.clientside_callback(  # type: ignore[no-untyped-call]
        dash.ClientsideFunction("solera", "age"),
        Output("age", "children"),
        Output("lost", "children"),
        Input("second", "n_intervals"),
        Input("updated", "data"),
        State("phrases", "data"),
    )
    for function, chosen in (("remember", "chosen"), ("speak", "language")):
        page.clientside_callback(  # type: ignore[no-untyped-call]
            dash.ClientsideFunction("solera", function),
            Output("address", "hash", allow_duplicate=True),
            Input(chosen, "value"),
            prevent_initial_call="initial_duplicate",
        )


def _connect_choice(page: Dash, reader: Reader) -> None:
    @page.callback(
        Output("chosen", "options"),
        Output("chosen", "value"),
        Input("tick", "n_intervals"),
        Input({"type": "member", "id": ALL}, "n_clicks"),
        State("chosen", "value"),
        State("address", "search"),
    )
    def choose(_tick: int | None, clicks: list[int], chosen: str | None, search: str | None) -> tuple[Any, Any]:
        try:
            known = catalogue.installations(reader)
            # Whoever calls without the page may send anything.
            chosen = chosen if isinstance(chosen, str) else None
            options = [{"label": k.get("name") or k["installation_id"], "value": k["installation_id"]} for k in known]
            clicked = ctx.triggered_id
            if isinstance(clicked, dict) and any(clicks):
                return options, clicked["id"]
            return options, chosen or _of_link(search, known) or first_choice(reader)
        except StoreAway:
            return no_update, no_update


def _of_link(search: str | None, known: Sequence[Mapping[str, Any]]) -> str | None:
    """The installation that the page's address names, where there is one of that name."""
    asked = parse_qs(search[1:]).get("installation", [""])[0] if isinstance(search, str) else ""
    return next((str(each["installation_id"]) for each in known if each["installation_id"] == asked), None)


def _connect_parts(page: Dash, reader: Reader) -> None:
    @page.callback(
        [Output(name, part.property) for name, part in PARTS.items()],
        Input("tick", "n_intervals"),
        Input("chosen", "value"),
        Input("quantity", "value"),
        Input("market", "value"),
    )
    def show(_tick: int | None, chosen: str | None, quantity: str, market: str) -> list[Any]:
        if quantity not in [*chart.COLOURS] or market not in price_panel.MARKETS or not isinstance(chosen, str | None):
            return [no_update] * len(PARTS)
        words = language.of_request()
        try:
            if chosen is None:
                return _nothing(_no_installation(reader, words))
            snapshot = take(reader, chosen, quantity, at_present())
            prices = price_panel.take(reader, market, snapshot.zone, snapshot.window[0], snapshot.now)
            return [part.fill(Shown(snapshot, quantity, prices, words)) for part in PARTS.values()]
        except (StoreAway, UnknownInstallation) as error:
            return _nothing(str(error))


def _no_installation(reader: Reader, words: Words) -> str:
    return "" if catalogue.installations(reader) else words.none_registered


def _nothing(banner: str) -> list[Any]:
    """The page as it stands, under ``banner``."""
    return [html.Div(banner, className="banner") if banner else "", *[no_update] * (len(PARTS) - 1)]
