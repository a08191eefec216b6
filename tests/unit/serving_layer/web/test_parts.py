"""The parts of the page and its curve, drawn from a snapshot that is written here."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import plotly
import pytest

from serving_layer.views.merge import SPEED, Value
from serving_layer.web import chart, parts
from serving_layer.web.homes import Home, Homes
from serving_layer.web.snapshot import Snapshot
from serving_layer.web.words.en import EN
from serving_layer.web.words.es import ES
from store.runs import Published

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 25, 11, 5, tzinfo=timezone.utc)
MIDNIGHT = datetime(2026, 11, 24, 23, tzinfo=timezone.utc)
QUARTER = timedelta(minutes=15)


def values(start: datetime, count: int, wh: float = 250.0) -> list[Value]:
    return [Value(start + n * QUARTER, wh, SPEED, "") for n in range(count)]


def home(name: str, age_s: float | None = 4.0) -> Home:
    return Home(name, name.title(), 5.0, {"generation_w": 1000.0}, age_s, 3000.0)


def snapshot(**changed: Any) -> Snapshot:
    """A home at five past noon in Madrid: 48 whole quarter-hours of 250 Wh, and a third of the 49th."""
    plain = Snapshot(
        installation={"installation_id": "casa", "capacity_kw": 5.0},
        zone=MADRID,
        now=NOW,
        power={"generation_w": 1000.0, "consumption_w": 400.0, "import_w": 0.0, "export_w": 600.0},
        age_s=4.0,
        yesterday={"generation": values(MIDNIGHT - timedelta(days=1), 96)},
        today={"generation": [*values(MIDNIGHT, 48), Value(MIDNIGHT + 48 * QUARTER, 83.0, SPEED, "")]},
        forecast=None,
        seen=Published((), None),
        homes=Homes([home("casa")], 1, 0, 5.0),
        charge_pct=None,
    )
    return replace(plain, **changed)


def text(part: Any) -> str:
    """What a person reads of a part."""
    written = json.loads(json.dumps(part, cls=plotly.utils.PlotlyJSONEncoder))
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            walk(node.get("props", {}).get("children"))
        elif isinstance(node, list):
            for each in node:
                walk(each)
        elif node is not None:
            found.append(str(node))

    walk(written)
    return " ".join(found)


def test_of_an_unfinished_quarter_hour_no_power_is_drawn() -> None:
    drawn = chart.figure(snapshot(), "generation", EN)
    live = next(trace for trace in drawn.data if trace.name == EN.provisional)
    assert set(live.y) == {1.0}
    assert len(live.x) == 49
    (now,) = [trace for trace in drawn.data if trace.mode == "markers"]
    assert list(now.x) == [NOW.replace(tzinfo=None)]
    assert list(now.y) == [1.0]


@pytest.mark.parametrize("power", [{}, {"consumption_w": 400.0}])
def test_where_no_power_is_known_the_curve_ends_without_a_point(power: dict[str, float]) -> None:
    assert [
        trace for trace in chart.figure(snapshot(power=power), "generation", EN).data if trace.mode == "markers"
    ] == []


def test_without_any_value_the_curve_says_so() -> None:
    drawn = chart.figure(snapshot(today={}, power={}), "generation", EN)
    assert "No data for today yet" in [each.text for each in drawn.layout.annotations]


def test_half_a_day_is_compared_with_the_same_half() -> None:
    said = text(parts.now_tiles(snapshot(), EN))
    assert "Produced today 12.1 kWh yesterday by this time 12.0 kWh" in said
    assert "24.0" not in said


@pytest.mark.parametrize(
    ("now", "wh"),
    [
        # Spring: yesterday (29 March 2026) had 23 hours, and its own noon was an hour sooner after its midnight.
        (datetime(2026, 3, 30, 10, tzinfo=timezone.utc), 44 * 250),
        # Autumn: yesterday had 25 hours.
        (datetime(2026, 10, 26, 11, tzinfo=timezone.utc), 52 * 250),
    ],
)
def test_the_same_time_of_yesterday_is_that_of_its_clock(now: datetime, wh: float) -> None:
    day = datetime(now.year, now.month, now.day - 1, tzinfo=MADRID).astimezone(timezone.utc)
    yesterday = {"generation": values(day, 100)}
    by_now = snapshot(now=now, yesterday=yesterday).by_now["generation"]
    assert sum(value.energy_wh for value in by_now) == wh


@pytest.mark.parametrize(
    ("power", "charge", "said"),
    [
        ({"charge_w": 1000.0, "discharge_w": 0.0}, 67.0, "Into the battery 1.00 kW 67 % full"),
        ({"charge_w": 0.0, "discharge_w": 250.0}, 5.4, "Out of the battery 250 W 5 % full"),
        ({"charge_w": 0.0, "discharge_w": 0.0}, None, "Battery 0 W"),
    ],
)
def test_a_battery_has_a_tile(power: dict[str, float], charge: float | None, said: str) -> None:
    assert said in text(parts.now_tiles(snapshot(power=power, charge_pct=charge), EN))


def test_a_home_without_a_battery_has_none() -> None:
    assert "attery" not in text(parts.now_tiles(snapshot(), EN))


def test_a_list_that_is_cut_says_so() -> None:
    shown = [home(f"casa-{n}") for n in range(60)]
    assert text(parts.members(snapshot(homes=Homes(shown, 500, 3, 2500.0)), EN)).startswith(
        "60 of 500, the longest silent"
    )
    assert "of" not in text(parts.members(snapshot(), EN)).split()


@pytest.mark.parametrize(
    ("age_s", "homes", "said"),
    [
        (4.0, Homes([home("casa")], 1, 0, 5.0), "Live, measured 4 s ago"),
        (4.0, Homes([home("casa")], 500, 3, 5.0), "Live, measured 4 s ago, 3 of 500 silent"),
        (900.0, Homes([home("casa", 900.0)], 1, 1, 5.0), "Last reading 15 min ago"),
        (None, Homes([home("casa", None)], 1, 1, 5.0), "No reading yet"),
    ],
)
def test_the_pill_says_how_old_the_newest_reading_is(age_s: float | None, homes: Homes, said: str) -> None:
    assert text(parts.status(snapshot(age_s=age_s, homes=homes), EN)) == said


def test_the_share_of_the_capacity_counts_homes_that_are_not_shown() -> None:
    community = snapshot(
        installation={"installation_id": "valle"},
        power={"generation_w": 250_000.0},
        homes=Homes([home("casa")], 100, 0, 500.0),
    )
    assert "50 % of 500.0 kW" in text(parts.now_tiles(community, EN))


def test_a_spanish_page_writes_numbers_and_days_as_spanish_people_do() -> None:
    said = text(parts.now_tiles(snapshot(), ES))
    assert "Producción ahora 1,00 kW 20 % de 5,0 kW" in said
    assert "Producido hoy 12,1 kWh ayer a esta hora 12,0 kWh" in said
    assert text(parts.status(snapshot(), ES)) == "En directo, medido hace 4 s"
    drawn = chart.figure(snapshot(), "generation", ES)
    assert drawn.layout.separators == ",."
    assert "<b>mié 25</b>" in drawn.layout.xaxis.ticktext
