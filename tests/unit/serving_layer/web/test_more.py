"""What stands below an installation's energy."""

from __future__ import annotations

from typing import Any

import pytest

from serving_layer.web.more import _power
from serving_layer.web.words.en import EN


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ({"device_kind": "inverter", "ac_power_w": 1500.0}, "1.50 kW"),
        ({"device_kind": "inverter"}, "–"),
        ({"device_kind": "meter", "import_power_w": 0.0, "export_power_w": 900.0}, "900 W given to it"),
        ({"device_kind": "meter", "import_power_w": 250.0}, "250 W taken from it"),
        ({"device_kind": "meter", "import_power_w": 0.0}, "0 W"),
        ({"device_kind": "meter", "import_total_wh": 5.0}, "–"),
        ({"device_kind": "battery", "charge_power_w": 0.0, "discharge_power_w": 400.0}, "400 W discharging"),
        ({"device_kind": "weather_station"}, "–"),
        ({}, "–"),
    ],
)
def test_a_device_says_its_power_and_its_way(device: dict[str, Any], said: str) -> None:
    assert _power(device, EN) == said
