"""The state of an installation now: the latest one of its devices, and the power that follows from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from energy.derived import CONSUMPTION
from serving_layer.reader import Reader
from store.instants import utc_or_none

STALE_AFTER = timedelta(minutes=5)
"""A state older than this no longer says what the device does now."""
POWERS = {"ac_power_w": "generation_w", "import_power_w": "import_w", "export_power_w": "export_w",
          "charge_power_w": "charge_w", "discharge_power_w": "discharge_w"}  # fmt: skip

_STATE = (
    "SELECT installation_id, device_id, device_kind, time, source, ac_power_w, dc_power_w, energy_total_wh, "
    "import_power_w, export_power_w, import_total_wh, export_total_wh, charge_power_w, discharge_power_w, "
    "charge_total_wh, discharge_total_wh, soc_pct, irradiance_w_m2, module_temperature_c, ambient_temperature_c, "
    "voltage_v, current_a, frequency_hz, status, status_code, device_ahead_s, gateway_ahead_s "
    "FROM inverter_state WHERE installation_id = ?"
)


def freshness(age_s: float | None) -> str:
    """``none``, ``live`` or ``stale``."""
    if age_s is None:
        return "none"
    return "live" if age_s <= STALE_AFTER.total_seconds() else "stale"


def members(installation: Mapping[str, Any], catalogue: Iterable[Mapping[str, Any]]) -> list[str]:
    """Ids of the installations that are looked at for this one: a community's members of now, else itself."""
    own = str(installation["installation_id"])
    if installation.get("kind") != "community":
        return [own]
    return [str(each["installation_id"]) for each in catalogue if each.get("community_id") == own]


def devices(reader: Reader, installation_ids: Sequence[str], now: datetime) -> list[dict[str, Any]]:
    """Latest state of every device, what it does not measure left out, with its age in s at ``now`` (UTC)."""
    answers = reader.each(_STATE, [(installation_id,) for installation_id in installation_ids])
    return [_state(row, now) for rows in answers for row in rows]


def power(states: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, float]:
    """Power in W of each quantity now, from states that are not stale; absent where no device says.

    Of several installations the sums of what each says. Consumption is said where it is known, by the rules of
    :mod:`energy.derived`; devices read a moment apart can make it negative, as in the energy views.
    """
    homes: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for each in states:
        homes[each.get("installation_id")].append(each)
    together: dict[str, float] = {}
    for of_home in homes.values():
        for name, watts in _of_home(of_home, now).items():
            together[name] = together.get(name, 0.0) + watts
    return together


def _of_home(states: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, float]:
    flows: dict[str, float] = {}
    for state in states:
        if now - state["time"] > STALE_AFTER:
            continue
        for column, name in POWERS.items():
            if column in state and not (column == "ac_power_w" and state.get("device_kind") != "inverter"):
                flows[name] = flows.get(name, 0.0) + state[column]
    has_meter = any(state.get("device_kind") == "meter" for state in states)
    if _is_balanced(flows, has_meter):
        used = {name: flows.get(f"{name}_w", 0.0) * sign for name, sign in CONSUMPTION.items()}
        flows["consumption_w"] = sum(used.values())
    return flows


def _is_balanced(flows: Mapping[str, float], has_meter: bool) -> bool:
    """Whether the flows tell what is consumed: of what is exported, what gave it; without a meter, all that flows."""
    sources = flows.keys() & {"generation_w", "discharge_w"}
    if "import_w" in flows:
        return "export_w" in flows if sources else flows.get("export_w", 0.0) <= 0
    return not has_meter and "generation_w" in flows and bool(flows.keys() & {"charge_w", "discharge_w"})


def _state(row: Any, now: datetime) -> dict[str, Any]:
    state = {name: value for name, value in row._asdict().items() if value is not None}
    time = utc_or_none(row.time)
    assert time is not None, "the speed layer writes no state without its time"  # noqa: S101
    return state | {"time": time, "age_s": round((now - time).total_seconds(), 1)}
