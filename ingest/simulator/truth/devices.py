"""Readings of an installation's devices by its flows: registers in whole Wh, powers, voltage, weather."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.simulator.truth.flows import Flows, Watts
from ingest.simulator.truth.true_time import Readings
from store.instants import rfc3339

SOURCE = "simulated"
VOLTAGE_V, RISES_V = 230.0, 8.0
"""At the grid, and how much higher where the panels give their most."""
BEGAN_WH = {"energy": 7_300_000, "import": 12_100_000, "export": 3_900_000, "charge": 2_400_000, "discharge": 2_100_000}
"""Registers at the beginning, as of devices that have worked for years."""
Values = npt.NDArray[np.float64]


class Said(NamedTuple):
    """Values of one device: powers that its registers count (W, by what their names begin with), and values beside."""

    counted: Mapping[str, Watts]
    beside: Mapping[str, Values]


def readings(of: Flows, every_s: int) -> dict[str, Readings]:
    """Readings by kind of device, one every so many seconds, the first and the last instant included."""
    return {kind: list(_readings(of, kind, said, every_s)) for kind, said in _devices(of).items()}


def _devices(of: Flows) -> dict[str, Said]:
    """Values of each device, by its kind."""
    site, sun = of.site, of.sun
    voltage = (VOLTAGE_V + RISES_V * of.generation / (site.capacity_kw * 1000)).round(1)
    found = {"inverter": Said({"energy": of.generation}, {"voltage_v": voltage})}
    if not site.simulated.off_grid:
        found["meter"] = Said({"import": of.imported, "export": of.exported}, {"voltage_v": voltage})
    if site.battery_kwh is not None:
        battery = of.battery
        counted = {"charge": battery.charge, "discharge": battery.discharge}
        found["battery"] = Said(counted, {"soc_pct": battery.soc_pct.round(1)})
    if site.has_station:
        weather = {"irradiance_w_m2": sun.light_w_m2, "ambient_temperature_c": sun.air_c}
        weather["module_temperature_c"] = sun.module_c
        found["weather_station"] = Said({}, {name: values.round(1) for name, values in weather.items()})
    return found


def _readings(of: Flows, kind: str, said: Said, every_s: int) -> Iterator[dict[str, Any]]:
    installation = of.site.entry.installation_id
    own = {"schema": 1, "installation_id": installation, "source": SOURCE, "device_id": f"{installation}-{kind}"}
    powers, registers = _powers(said.counted), _registers(said.counted)
    last = len(of.generation) - 1
    for second in range(0, 60 * (last + 1) + 1, every_s):
        minute, within = divmod(second, 60)
        at = min(minute, last)
        yield {
            **own, "device_kind": kind, "time": rfc3339(of.start + timedelta(seconds=second)),
            **{name: float(flow[at]) for name, flow in powers},
            **{name: float((total[minute] * 60 + flow[at] * within) // 3600 + began)
               for name, flow, total, began in registers},
            **{name: float(values[at]) for name, values in said.beside.items()},
        }  # fmt: skip


def _powers(counted: Mapping[str, Watts]) -> Sequence[tuple[str, Watts]]:
    return [("ac_power_w" if name == "energy" else f"{name}_power_w", flow) for name, flow in counted.items()]


def _registers(counted: Mapping[str, Watts]) -> Sequence[tuple[str, Watts, npt.NDArray[np.int64], int]]:
    """Name, power, what it has added up to before each minute (W min), and what it showed at the beginning."""
    return [
        (f"{name}_total_wh", flow, np.concatenate([[0], flow.cumsum()]), BEGAN_WH[name])
        for name, flow in counted.items()
    ]
