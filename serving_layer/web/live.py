"""Values of an installation now, as the few that a page changes by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from serving_layer.reader import Reader
from serving_layer.views import catalogue, state
from serving_layer.web.flows import flows
from serving_layer.web.words.words import Words

KEPT_SECONDS = 0.4
"""Pages that look at one installation share what was read of it."""
LEAST_WATTS = 0.5


class Now(NamedTuple):
    """Power in W by quantity, age in s of the newest state, silent devices' homes, and the batteries' charge in %."""

    power: Mapping[str, float]
    age_s: float | None
    homes: int
    silent: int
    charge_pct: float | None
    devices: Sequence[Mapping[str, Any]]


def take(reader: Reader, installation: Mapping[str, Any], now: datetime) -> Now:
    """The states of the installation's devices, of a community its members', at most :data:`KEPT_SECONDS` old."""
    name = str(installation["installation_id"])
    return reader.kept(f"now {name}", KEPT_SECONDS, lambda: _read(reader, installation, now))


def _read(reader: Reader, installation: Mapping[str, Any], now: datetime) -> Now:
    ids = state.members(installation, catalogue.installations(reader))
    devices = state.devices(reader, ids, now)
    youngest: dict[str, float] = {}
    for device in devices:
        home = device["installation_id"]
        youngest[home] = min(device["age_s"], youngest.get(home, float("inf")))
    silent = sum(state.freshness(youngest.get(home)) != "live" for home in ids)
    age_s = min(youngest.values(), default=None)
    return Now(state.power(devices, now), age_s, len(ids), silent, _charge(devices), devices)


def _charge(devices: Sequence[Mapping[str, Any]]) -> float | None:
    """Mean state of charge of the batteries that say theirs now."""
    live = [device for device in devices if state.freshness(device["age_s"]) == "live"]
    charges = [device["soc_pct"] for device in live if "soc_pct" in device]
    return sum(charges) / len(charges) if charges else None


def values(of: Now, words: Words) -> dict[str, Any]:
    """Texts by place of the page (``t``), classes by place (``c``), and watts by flow (``f``)."""
    power = of.power
    said = {f"{node}-power": " ".join(words.power(watts)).strip() for node, watts in _nodes(power).items()}
    said["sun-note"] = "" if "generation_w" in power else words.no_power
    said["house-note"] = _own_share(power, words)
    said["grid-note"] = _grid(power, words)
    said["battery-note"] = _battery(of, words)
    kind = state.freshness(of.age_s)
    said["pill"] = pill(of, words)
    streams = {f"{flow.source}-{flow.sink}": round(flow.watts) for flow in flows(power) if flow.watts >= LEAST_WATTS}
    return {"t": said, "c": {"pill": f"status {kind}"}, "f": streams}


def pill(of: Now, words: Words) -> str:
    """The age of the newest reading."""
    kind = state.freshness(of.age_s)
    said = {"live": words.live, "stale": words.stale, "none": words.unread}[kind].format(age=words.age(of.age_s))
    if kind == "live" and of.silent:
        said += words.silent.format(silent=words.number(of.silent), homes=words.number(of.homes))
    return said


def _nodes(power: Mapping[str, float]) -> dict[str, float | None]:
    grid = power.get("import_w", 0.0) - power.get("export_w", 0.0) if "import_w" in power else None
    stored = power.keys() & {"charge_w", "discharge_w"}
    battery = power.get("charge_w", 0.0) - power.get("discharge_w", 0.0) if stored else None
    return {
        "sun": power.get("generation_w"),
        "house": power.get("consumption_w"),
        "grid": None if grid is None else abs(grid),
        "battery": None if battery is None else abs(battery),
    }


def _own_share(power: Mapping[str, float], words: Words) -> str:
    used = power.get("consumption_w")
    if not used or used < 0:
        return ""
    own = max(0.0, used - power.get("import_w", 0.0)) / used
    return words.own_share.format(percent=words.number(own * 100))


def _grid(power: Mapping[str, float], words: Words) -> str:
    taken, given = power.get("import_w"), power.get("export_w", 0.0)
    if taken is None or taken == given:
        return ""
    return words.pages["taking"] if taken > given else words.pages["giving"]


def _battery(of: Now, words: Words) -> str:
    into, out = of.power.get("charge_w", 0.0), of.power.get("discharge_w", 0.0)
    way = "" if into == out else words.pages["charging" if into > out else "discharging"]
    charge = "" if of.charge_pct is None else words.charge.format(percent=words.number(of.charge_pct))
    return ", ".join(part for part in (way, charge) if part)
