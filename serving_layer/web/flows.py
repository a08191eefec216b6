"""Power flows from sun, grid and battery to house, grid and battery, so that every node adds up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Flow(NamedTuple):
    """``watts`` that go from one node to another."""

    source: str
    sink: str
    watts: float


def flows(power: Mapping[str, float]) -> list[Flow]:
    """The flows of ``power`` (W by quantity, as ``views.state.power`` says it), each of 0 W or more.

    What a meter sees is a sum: the sun is taken to feed the grid first, then the battery, then the house.
    """
    names = ("generation_w", "import_w", "export_w", "charge_w", "discharge_w")
    sun, taken, given, into, out = (max(0.0, power.get(name, 0.0)) for name in names)
    sun_grid = min(sun, given)
    sun_battery = min(sun - sun_grid, into)
    battery_grid = min(out, given - sun_grid)
    grid_battery = min(taken, into - sun_battery)
    found = (
        Flow("sun", "house", sun - sun_grid - sun_battery),
        Flow("sun", "grid", sun_grid),
        Flow("sun", "battery", sun_battery),
        Flow("grid", "house", taken - grid_battery),
        Flow("grid", "battery", grid_battery),
        Flow("battery", "house", out - battery_grid),
        Flow("battery", "grid", battery_grid),
    )
    return [flow for flow in found if flow.sink != "house" or "consumption_w" in power]
