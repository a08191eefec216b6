"""The state of an installation now: the latest one of its devices, and the power that follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from serving_layer.reader import Reader
from store.instants import utc_or_none

STALE_AFTER = timedelta(minutes=5)
"""A state older than this no longer says what the device does now."""
POWERS = ("ac_power_w", "import_power_w", "export_power_w", "charge_power_w", "discharge_power_w")

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

    consumption = generation + import - export - charge + discharge, where there is a meter, and where something
    generates, one that tells the export. Devices read a moment apart can make it negative, as in the energy views.
    """
    totals: dict[str, float] = {}
    for state in states:
        if now - state["time"] > STALE_AFTER:
            continue
        for name in POWERS:
            if name in state and not (name == "ac_power_w" and state.get("device_kind") != "inverter"):
                totals[name] = totals.get(name, 0.0) + state[name]
    return _named(totals)


def _named(totals: Mapping[str, float]) -> dict[str, float]:
    names = ("generation_w", "import_w", "export_w", "charge_w", "discharge_w")
    now = {name: totals[column] for name, column in zip(names, POWERS, strict=True) if column in totals}
    if "import_w" in now and ("export_w" in now or not now.keys() & {"generation_w", "discharge_w"}):
        flows = {name: now.get(name, 0.0) for name in names}
        used = flows["generation_w"] + flows["import_w"] - flows["export_w"]
        now["consumption_w"] = used - flows["charge_w"] + flows["discharge_w"]
    return now


def _state(row: Any, now: datetime) -> dict[str, Any]:
    state = {name: value for name, value in row._asdict().items() if value is not None}
    time = utc_or_none(row.time)
    assert time is not None, "the speed layer writes no state without its time"  # noqa: S101
    return state | {"time": time, "age_s": round((now - time).total_seconds(), 1)}
