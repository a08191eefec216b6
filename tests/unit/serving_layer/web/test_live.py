"""What a page says of now, from states that are written here."""

from __future__ import annotations

from typing import Any

import pytest

from serving_layer.web import live
from serving_layer.web.words.en import EN
from serving_layer.web.words.es import ES


def now(**changed: Any) -> live.Now:
    power = {"generation_w": 1000.0, "consumption_w": 400.0, "import_w": 0.0, "export_w": 600.0}
    return live.Now(power, 4.0, 1, 0, None, [])._replace(**changed)


def test_a_home_says_each_power_once_and_where_it_goes() -> None:
    said = live.values(now(), EN)
    assert said["t"] == {
        "sun-power": "1.00 kW", "house-power": "400 W", "grid-power": "600 W", "battery-power": "–", "sun-note": "",
        "house-note": "100 % from own sun", "grid-note": "given to it", "battery-note": "",
        "pill": "Live, measured 4 s ago",
    }  # fmt: skip
    assert said["f"] == {"sun-house": 400, "sun-grid": 600}
    assert said["c"] == {"pill": "status live"}


@pytest.mark.parametrize(
    ("power", "charge", "said"),
    [
        ({"charge_w": 1000.0, "discharge_w": 0.0}, 67.0, ("1.00 kW", "charging, 67 % full")),
        ({"charge_w": 0.0, "discharge_w": 250.0}, 5.4, ("250 W", "discharging, 5 % full")),
        ({"charge_w": 0.0, "discharge_w": 0.0}, None, ("0 W", "")),
        ({}, None, ("–", "")),
    ],
)
def test_a_battery_says_its_power_its_way_and_its_charge(
    power: dict[str, float], charge: float | None, said: tuple[str, str]
) -> None:
    texts = live.values(now(power=power, charge_pct=charge), EN)["t"]
    assert (texts["battery-power"], texts["battery-note"]) == said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "Live, measured 4 s ago"),
        ({"homes": 500, "silent": 3}, "Live, measured 4 s ago, 3 of 500 silent"),
        ({"age_s": 900.0, "silent": 1}, "Last reading 15 min ago"),
        ({"age_s": None, "silent": 1}, "No reading yet"),
    ],
)
def test_the_pill_says_how_old_the_newest_reading_is(changed: dict[str, Any], said: str) -> None:
    assert live.pill(now(**changed), EN) == said


def test_a_spanish_page_writes_numbers_as_spanish_people_do() -> None:
    texts = live.values(now(), ES)["t"]
    assert (texts["sun-power"], texts["house-note"]) == ("1,00 kW", "100 % de sol propio")
    assert texts["pill"] == "En directo, medido hace 4 s"


def test_what_no_device_says_is_no_number() -> None:
    texts = live.values(now(power={}), EN)["t"]
    assert (texts["sun-power"], texts["sun-note"]) == ("–", "no reading in the last 5 min")
    assert live.values(now(power={}), EN)["f"] == {}
