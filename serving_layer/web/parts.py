"""The parts of the page, each from the snapshot alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from serving_layer.views.merge import BATCH, Value
from serving_layer.views.state import freshness
from serving_layer.web.homes import Home, total_wh
from serving_layer.web.snapshot import Snapshot
from serving_layer.web.words.words import NOTHING, Words


def status(snapshot: Snapshot, words: Words) -> html.Div:
    """How old the newest reading is."""
    kind = freshness(snapshot.age_s)
    silent, homes = snapshot.homes.silent, snapshot.homes.total
    said = {"live": words.live, "stale": words.stale, "none": words.unread}[kind].format(age=words.age(snapshot.age_s))
    if kind == "live" and silent:
        said += words.silent.format(silent=words.number(silent), homes=words.number(homes))
    return html.Div([html.Span(className="dot"), said], className=f"status {kind}")


def now_tiles(snapshot: Snapshot, words: Words) -> list[html.Div]:
    """Power now."""
    power = snapshot.power
    grid = power.get("import_w", 0.0) - power.get("export_w", 0.0) if "import_w" in power else None
    direction = words.grid if not grid else (words.from_grid if grid > 0 else words.to_grid)
    produced = snapshot.today.get("generation", [])
    by_now = " ".join(words.energy(total_wh(snapshot.by_now.get("generation", []))))
    return [
        _tile(words.producing, words.power(power.get("generation_w")), _of_capacity(snapshot, words), "sun"),
        _tile(words.using, words.power(power.get("consumption_w")), _own_share(power, words), "use"),
        _tile(direction, words.power(None if grid is None else abs(grid)), "", "grid"),
        *_battery(snapshot, words),
        _tile(words.produced_today, words.energy(total_wh(produced)), words.by_now.format(energy=by_now), "day"),
    ]


def energy_rows(snapshot: Snapshot, words: Words) -> html.Table | html.P:
    """Yesterday and today, each saying which view it is of."""
    shown = [q for q in words.energies if snapshot.today.get(q) or snapshot.yesterday.get(q)]
    if not shown:
        return html.P(words.no_energy, className="empty")
    head = html.Tr([html.Th(words.energy_of), html.Th(words.yesterday), html.Th(words.so_far)])
    body = [
        html.Tr(
            [
                html.Th(words.energies[q], scope="row"),
                _energy_cell(snapshot.yesterday.get(q, []), words),
                _energy_cell(snapshot.today.get(q, []), words),
            ]
        )
        for q in shown
    ]
    return html.Table([html.Thead(head), html.Tbody(body)], className="energies")


def members(snapshot: Snapshot, words: Words) -> list[Any]:
    """The installations now, each a button that opens it, and how many of how many they are."""
    shown, total = snapshot.homes.shown, snapshot.homes.total
    buttons = html.Div([_member(home, words) for home in shown], className="members")
    if len(shown) == total:
        return [buttons]
    said = words.shown_of.format(shown=words.number(len(shown)), total=words.number(total))
    return [html.P(said, className="empty"), buttons]


def basis(snapshot: Snapshot, words: Words) -> str:
    """What the numbers rest on."""
    seen, forecast, zone = snapshot.seen, snapshot.forecast, snapshot.zone
    published = words.unpublished
    if seen.cut is not None:
        published = words.published_to.format(moment=words.moment(seen.cut, zone), run=seen.runs[0].run_id)
    ahead = words.no_forecast
    if forecast is not None:
        issued = words.moment(forecast.issued_at, zone)
        ahead = words.forecast_of.format(moment=issued, model=forecast.model, step=forecast.step)
    return f"{published} {ahead} {words.times_of.format(zone=zone.key.replace('_', ' '))}"


def _tile(name: str, value: tuple[str, str], note: str, kind: str) -> html.Div:
    number, unit = value
    return html.Div(
        [
            html.Div(name, className="tile-name"),
            html.Div([html.Span(number), html.Span(unit, className="unit")], className="tile-value"),
            html.Div(note or "\u00a0", className="tile-note"),
        ],
        className=f"tile {kind}",
    )


def _battery(snapshot: Snapshot, words: Words) -> list[html.Div]:
    """A tile where there is a battery."""
    into, out = snapshot.power.get("charge_w"), snapshot.power.get("discharge_w")
    if into is None and out is None:
        return []
    flow = (into or 0.0) - (out or 0.0)
    name = words.battery if not flow else (words.into_battery if flow > 0 else words.out_of_battery)
    charge = snapshot.charge_pct
    note = "" if charge is None else words.charge.format(percent=words.number(charge))
    return [_tile(name, words.power(abs(flow)), note, "battery")]


def _of_capacity(snapshot: Snapshot, words: Words) -> str:
    capacity = snapshot.installation.get("capacity_kw") or snapshot.homes.capacity_kw
    generation = snapshot.power.get("generation_w")
    if generation is None:
        return words.no_power
    if not capacity:
        return ""
    percent = words.number(generation / 10 / capacity)
    return words.of_capacity.format(percent=percent, capacity=words.number(capacity, 1))


def _own_share(power: Mapping[str, float], words: Words) -> str:
    used = power.get("consumption_w")
    if not used:
        return ""
    own = max(0.0, used - power.get("import_w", 0.0)) / used
    return words.own_share.format(percent=words.number(own * 100))


def _energy_cell(values: list[Value], words: Words) -> html.Td:
    number, unit = words.energy(total_wh(values))
    if not values:
        return html.Td(NOTHING)
    views = {value.view for value in values}
    tag = "published" if views == {BATCH} else ("live" if BATCH not in views else "part")
    return html.Td(
        [f"{number} ", html.Span(unit, className="unit"), html.Span(words.tags[tag], className=f"tag {tag[:4]}")]
    )


def _member(home: Home, words: Words) -> html.Button:
    generation = home.power.get("generation_w")
    share = min(1.0, generation / 1000 / home.capacity_kw) if generation and home.capacity_kw else 0.0
    number, unit = words.power(generation)
    kind = freshness(home.age_s)
    age = words.no_reading if kind == "none" else words.ago.format(age=words.age(home.age_s))
    today = words.today.format(energy=" ".join(words.energy(home.today_wh)))
    return html.Button(
        [
            html.Span(
                [
                    html.Span(home.name, className="member-name"),
                    html.Span([number, html.Span(unit, className="unit")]),
                ],
                className="member-head",
            ),
            html.Span(html.Span(style={"width": f"{share:.0%}"}), className="bar"),
            html.Span(
                [html.Span([html.Span(className="dot"), age], className=f"status {kind}"), today],
                className="member-foot",
            ),
        ],
        id={"type": "member", "id": home.installation_id},
        className="member",
        n_clicks=0,
        title=words.show.format(name=home.name),
    )
