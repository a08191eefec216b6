"""Messages about an installation, by topic: its power, its devices' states, its forecasts, and what they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from serving_layer.tables import plain
from serving_layer.views.forecast import Forecast

PREFIX = "solera"
DISCOVERY = "homeassistant"
"""The topic below which Home Assistant looks for what others publish."""
POWERS = {"generation_w": "Generation", "consumption_w": "Consumption", "import_w": "Import", "export_w": "Export",
          "charge_w": "Charge", "discharge_w": "Discharge"}  # fmt: skip
FORECAST = ("generation", "consumption")
"""Quantities whose forecasts are published."""
NO_TIME = frozenset({"age_s"})
"""Fields of a state that change while nothing has happened."""
Messages = dict[str, str]
"""Payloads by topic; each is retained."""


def of_state(installation_id: str, power: Mapping[str, float], states: Iterable[Mapping[str, Any]]) -> Messages:
    """Power in W now, and the latest state of each device, as `GET /v1/installations/{id}/state` has them."""
    found = {f"{_own(installation_id)}/power": _json(dict(power))}
    for state in states:
        content = {name: value for name, value in state.items() if name not in NO_TIME}
        found[f"{_own(installation_id)}/device/{_level(str(state['device_id']))}"] = _json(content)
    return found


def of_forecast(installation_id: str, quantity: str, forecast: Forecast) -> Messages:
    """The newest issue: Wh of each hour that begins at ``time``."""
    hours = ({"time": h.time, "p10_wh": h.p10_wh, "p50_wh": h.p50_wh, "p90_wh": h.p90_wh} for h in forecast.values)
    content = {"issued_at": forecast.issued_at, "model": forecast.model, "step": forecast.step, "values": list(hours)}
    return {f"{_own(installation_id)}/forecast/{quantity}": _json(content)}


def of_discovery(installation_id: str, power: Mapping[str, float]) -> Messages:
    """Messages by which Home Assistant shows each power that there is as a sensor."""
    found: Messages = {}
    for name in POWERS.keys() & power.keys():
        content = {
            "name": POWERS[name],
            "state_topic": f"{_own(installation_id)}/power",
            "value_template": f"{{{{ value_json.{name} }}}}",
            "unit_of_measurement": "W",
            "device_class": "power",
            "state_class": "measurement",
        }
        found |= _sensor(installation_id, name, content)
    return found


def of_forecast_discovery(installation_id: str, quantity: str) -> Messages:
    """Messages by which it shows a forecast: the energy of all its hours in Wh, and the hours as attributes."""
    topic = f"{_own(installation_id)}/forecast/{quantity}"
    content = {
        "name": f"{quantity.capitalize()} forecast",
        "state_topic": topic,
        "value_template": "{{ value_json['values'] | sum(attribute='p50_wh') | round }}",
        "json_attributes_topic": topic,
        "unit_of_measurement": "Wh",
        "device_class": "energy",
    }
    return _sensor(installation_id, f"forecast_{quantity}", content)


def patterns(installation_ids: Iterable[str]) -> Iterator[str]:
    """What to subscribe to for every topic that may be kept of these installations, and of no other."""
    for installation_id in installation_ids:
        yield f"{_own(installation_id)}/#"
        for name in (*POWERS, *(f"forecast_{quantity}" for quantity in FORECAST)):
            yield _discovered(_key(installation_id, name))


def _sensor(installation_id: str, name: str, content: Mapping[str, Any]) -> Messages:
    """A sensor of the installation as Home Assistant discovers it."""
    key = _key(installation_id, name)
    device = {"identifiers": [f"solera_{installation_id}"], "name": installation_id}
    return {_discovered(key): _json({**content, "unique_id": key, "device": device})}


def _key(installation_id: str, name: str) -> str:
    return f"solera_{_level(installation_id)}_{name}".replace("%", "_").replace(".", "_")


def _discovered(key: str) -> str:
    return f"{DISCOVERY}/sensor/{key}/config"


def _own(installation_id: str) -> str:
    return f"{PREFIX}/{_level(installation_id)}"


def _level(name: str) -> str:
    """``name`` as one level of a topic: ids of devices that are not registered may hold any sign."""
    return quote(name, safe="")


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, default=plain, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
