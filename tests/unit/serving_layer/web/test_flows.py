"""The picture of powers: at every node what comes is what goes."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_layer.views import state
from serving_layer.web.flows import flows

NOON = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
watts = st.floats(0, 1e6)


@given(watts, watts, watts, watts, watts)
def test_every_node_adds_up(sun: float, taken: float, given_: float, into: float, out: float) -> None:
    """Of powers that can be: what is given and stored comes from somewhere."""
    given_ = min(given_, sun + out)
    into = min(into, sun - min(sun, given_) + taken)
    power = {"generation_w": sun, "import_w": taken, "export_w": given_, "charge_w": into, "discharge_w": out}
    power["consumption_w"] = sun + taken - given_ - into + out
    found = flows(power)
    assert all(flow.watts >= 0 for flow in found)
    for node, came, went in (
        ("sun", 0.0, sun),
        ("grid", given_, taken),
        ("battery", into, out),
        ("house", power["consumption_w"], 0.0),
    ):
        assert sum(flow.watts for flow in found if flow.sink == node) == pytest.approx(came, abs=1e-6)
        assert sum(flow.watts for flow in found if flow.source == node) == pytest.approx(went, abs=1e-6)


@pytest.mark.parametrize(
    ("power", "ways"),
    [
        ({}, {}),
        ({"generation_w": 900.0}, {}),
        ({"generation_w": 900.0, "import_w": 0.0, "export_w": 0.0}, {("sun", "house"): 900}),
        ({"generation_w": 900.0, "import_w": 0.0, "export_w": 300.0}, {("sun", "house"): 600, ("sun", "grid"): 300}),
        ({"import_w": 500.0}, {("grid", "house"): 500}),
        (
            {"generation_w": 1000.0, "import_w": 0.0, "export_w": 0.0, "charge_w": 400.0, "discharge_w": 0.0},
            {("sun", "house"): 600, ("sun", "battery"): 400},
        ),
        (
            {"generation_w": 0.0, "import_w": 900.0, "export_w": 0.0, "charge_w": 400.0, "discharge_w": 0.0},
            {("grid", "house"): 500, ("grid", "battery"): 400},
        ),
        (
            {"generation_w": 100.0, "import_w": 0.0, "export_w": 300.0, "charge_w": 0.0, "discharge_w": 500.0},
            {("sun", "grid"): 100, ("battery", "grid"): 200, ("battery", "house"): 300},
        ),
    ],
)
def test_powers_take_their_way(power: dict[str, float], ways: dict[tuple[str, str], float]) -> None:
    columns = {name: column for column, name in state.POWERS.items()}
    device = {"device_kind": "inverter", "time": NOON, **{columns[name]: each for name, each in power.items()}}
    known = state.power([device], NOON)
    assert {(flow.source, flow.sink): flow.watts for flow in flows(known) if flow.watts} == ways
