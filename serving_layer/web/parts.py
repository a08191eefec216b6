"""The parts of the page, each from the snapshot alone."""

from __future__ import annotations

from typing import Any

from dash import html

from serving_layer.views.merge import BATCH, Value
from serving_layer.web import words
from serving_layer.web.homes import Home, total_wh
from serving_layer.web.snapshot import Snapshot

ENERGIES = {
    "generation": "Produced",
    "consumption": "Used",
    "self_consumption": "Used from own sun",
    "import": "Taken from the grid",
    "export": "Given to the grid",
    "charge": "Into batteries",
    "discharge": "Out of batteries",
}


def status(snapshot: Snapshot) -> html.Div:
    """How old the newest reading is."""
    kind = words.freshness(snapshot.age_s)
    silent, homes = snapshot.homes.silent, snapshot.homes.total
    age = {
        "live": f"Live, measured {words.age(snapshot.age_s)} ago" + (f", {silent} of {homes} silent" if silent else ""),
        "stale": f"Last reading {words.age(snapshot.age_s)} ago",
        "none": "No reading yet",
    }[kind]
    return html.Div([html.Span(className="dot"), age], className=f"status {kind}")


def now_tiles(snapshot: Snapshot) -> list[html.Div]:
    """Power now."""
    power = snapshot.power
    grid = power.get("import_w", 0.0) - power.get("export_w", 0.0) if "import_w" in power else None
    direction = "Grid" if not grid else ("From the grid" if grid > 0 else "To the grid")
    produced = snapshot.today.get("generation", [])
    by_now = " ".join(words.energy(total_wh(snapshot.by_now.get("generation", []))))
    return [
        _tile("Producing now", words.power(power.get("generation_w")), _of_capacity(snapshot), "sun"),
        _tile("Using now", words.power(power.get("consumption_w")), _own_share(power), "use"),
        _tile(direction, words.power(None if grid is None else abs(grid)), "", "grid"),
        *_battery(snapshot),
        _tile("Produced today", words.energy(total_wh(produced)), f"yesterday by this time {by_now}", "day"),
    ]


def energy_rows(snapshot: Snapshot) -> html.Table | html.P:
    """Yesterday and today, each saying which view it is of."""
    shown = [q for q in ENERGIES if snapshot.today.get(q) or snapshot.yesterday.get(q)]
    if not shown:
        return html.P("No energy yesterday or today. It appears with the first readings.", className="empty")
    head = html.Tr([html.Th("Energy"), html.Th("Yesterday"), html.Th("Today so far")])
    body = [
        html.Tr(
            [
                html.Th(ENERGIES[q], scope="row"),
                _energy_cell(snapshot.yesterday.get(q, [])),
                _energy_cell(snapshot.today.get(q, [])),
            ]
        )
        for q in shown
    ]
    return html.Table([html.Thead(head), html.Tbody(body)], className="energies")


def members(snapshot: Snapshot) -> list[Any]:
    """The installations now, each a button that opens it, and how many of how many they are."""
    homes = snapshot.homes
    buttons = html.Div([_member(home) for home in homes.shown], className="members")
    if len(homes.shown) == homes.total:
        return [buttons]
    return [html.P(f"{len(homes.shown)} of {homes.total:,}, the longest silent first.", className="empty"), buttons]


def basis(snapshot: Snapshot) -> str:
    """What the numbers rest on."""
    seen, forecast, zone = snapshot.seen, snapshot.forecast, snapshot.zone
    published = "No night has been published yet, so everything here is live and provisional."
    if seen.cut is not None:
        published = f"Published up to {words.moment(seen.cut, zone)} (run {seen.runs[0].run_id}), live from there on."
    ahead = "No forecast yet: a night's run makes one."
    if forecast is not None:
        issued = words.moment(forecast.issued_at, zone)
        ahead = f"Forecast of {issued}, model {forecast.model}, resting on {forecast.step}."
    return f"{published} {ahead} Times are those of {zone.key.replace('_', ' ')}."


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


def _battery(snapshot: Snapshot) -> list[html.Div]:
    """A tile where there is a battery."""
    into, out = snapshot.power.get("charge_w"), snapshot.power.get("discharge_w")
    if into is None and out is None:
        return []
    flow = (into or 0.0) - (out or 0.0)
    name = "Battery" if not flow else ("Into the battery" if flow > 0 else "Out of the battery")
    charge = "" if snapshot.charge_pct is None else f"{snapshot.charge_pct:.0f} % full"
    return [_tile(name, words.power(abs(flow)), charge, "battery")]


def _of_capacity(snapshot: Snapshot) -> str:
    capacity = snapshot.installation.get("capacity_kw") or snapshot.homes.capacity_kw
    generation = snapshot.power.get("generation_w")
    if generation is None:
        return "no reading in the last 5 min"
    if not capacity:
        return ""
    return f"{generation / 10 / capacity:.0f} % of {capacity:,.1f} kW"


def _own_share(power: Any) -> str:
    used = power.get("consumption_w")
    if not used:
        return ""
    own = max(0.0, used - power.get("import_w", 0.0)) / used
    return f"{own:.0%} from own sun".replace("%", " %")


def _energy_cell(values: list[Value]) -> html.Td:
    number, unit = words.energy(total_wh(values))
    if not values:
        return html.Td(words.NOTHING)
    views = {value.view for value in values}
    tag = "published" if views == {BATCH} else ("live" if BATCH not in views else "partly live")
    return html.Td([f"{number} ", html.Span(unit, className="unit"), html.Span(tag, className=f"tag {tag[:4]}")])


def _member(member: Home) -> html.Button:
    generation = member.power.get("generation_w")
    share = min(1.0, generation / 1000 / member.capacity_kw) if generation and member.capacity_kw else 0.0
    number, unit = words.power(generation)
    kind = words.freshness(member.age_s)
    age = "no reading" if kind == "none" else f"{words.age(member.age_s)} ago"
    today = " ".join(words.energy(member.today_wh))
    return html.Button(
        [
            html.Span(
                [
                    html.Span(member.name, className="member-name"),
                    html.Span([number, html.Span(unit, className="unit")]),
                ],
                className="member-head",
            ),
            html.Span(html.Span(style={"width": f"{share:.0%}"}), className="bar"),
            html.Span(
                [html.Span([html.Span(className="dot"), age], className=f"status {kind}"), f"today {today}"],
                className="member-foot",
            ),
        ],
        id={"type": "member", "id": member.installation_id},
        className="member",
        n_clicks=0,
        title=f"Show {member.name}",
    )
