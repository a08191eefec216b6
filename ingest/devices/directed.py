"""Fields of a reading that a person maps by name, and the signs of their powers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from ingest.devices.device import Fields

MeasuredField = Literal[
    "ac_power_w", "dc_power_w", "energy_total_wh", "import_power_w", "export_power_w", "import_total_wh",
    "export_total_wh", "charge_power_w", "discharge_power_w", "charge_total_wh", "discharge_total_wh",
    "soc_pct", "irradiance_w_m2", "module_temperature_c", "ambient_temperature_c", "voltage_v", "current_a",
    "frequency_hz", "status_code",
]  # fmt: skip
OPPOSITE: Mapping[str, str] = {
    "import_power_w": "export_power_w", "export_power_w": "import_power_w",
    "charge_power_w": "discharge_power_w", "discharge_power_w": "charge_power_w",
}  # fmt: skip
"""A negative power of the one is the other, unless that is mapped itself."""


def directed(values: Mapping[str, float], mapped: Collection[str]) -> Fields:
    """The fields that scaled ``values`` make, of a device whose fields ``mapped`` are."""
    fields: Fields = {}
    for name, value in values.items():
        opposite = OPPOSITE.get(name)
        if name == "status_code":
            fields[name] = int(value)
        elif opposite is None or opposite in mapped:
            fields[name] = float(value)
        else:
            fields |= signed(name, float(value))
    return fields


def signed(positive: str, power: float) -> Fields:
    """The two fields that a signed power (W) is, ``positive`` that of a power above zero; neither is below zero."""
    return {positive: max(0.0, power), OPPOSITE[positive]: max(0.0, -power)}
