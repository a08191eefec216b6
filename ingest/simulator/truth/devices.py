"""What the inverter and the grid meter of an installation say of its flows: registers in whole Wh, and powers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from energy.topics import READING_AHEAD
from ingest.simulator.truth.flows import Flows, Watts
from store.instants import instant_of, rfc3339

SOURCE = "simulated"
MWH_OF_A_MINUTE = 1000 / 60
"""mWh that 1 W makes of a minute."""
BEGAN_WH = {"generation": 7_300_000, "import": 12_100_000, "export": 3_900_000}
"""What the registers show at the beginning, as of devices that have worked for years."""
HEARD_AT = "heard_at"
"""Field of a reading that errs: when it was truly heard. No topic's record has it."""
Readings = list[dict[str, Any]]


def heard_at(reading: Mapping[str, Any]) -> datetime:
    """When a reading was truly heard (UTC), whatever time it says."""
    return instant_of(reading.get(HEARD_AT) or reading["time"])


def is_ahead(reading: Mapping[str, Any]) -> bool:
    """Whether its time lies so far ahead of when it was heard that it is refused there and then."""
    try:
        return instant_of(reading["time"]) - heard_at(reading) > READING_AHEAD
    except ValueError:  # no time at all
        return False


def readings(installation_id: str, of: Flows, every_minutes: int) -> dict[str, Readings]:
    """By device, a reading every so many minutes, the first and the last instant included."""
    own = {"schema": 1, "installation_id": installation_id, "source": SOURCE}
    inverter = [
        {**own, "device_id": f"{installation_id}-inverter", "device_kind": "inverter", "time": time,
         "ac_power_w": power[0], "energy_total_wh": total[0]}
        for time, power, total in _samples(of, every_minutes, [of.generation], [BEGAN_WH["generation"]])
    ]  # fmt: skip
    began = [BEGAN_WH["import"], BEGAN_WH["export"]]
    meter = [
        {**own, "device_id": f"{installation_id}-meter", "device_kind": "meter", "time": time,
         "import_power_w": power[0], "export_power_w": power[1],
         "import_total_wh": total[0], "export_total_wh": total[1]}
        for time, power, total in _samples(of, every_minutes, [of.imported, of.exported], began)
    ]  # fmt: skip
    return {"inverter": inverter, "meter": meter}


def _samples(
    of: Flows, every_minutes: int, flows: list[Watts], began_wh: list[int]
) -> Iterator[tuple[str, list[float], list[float]]]:
    """Time, powers and registers of each sample."""
    totals = [np.concatenate([[0], flow.cumsum()]) for flow in flows]
    for minute in range(0, len(flows[0]) + 1, every_minutes):
        at = min(minute, len(flows[0]) - 1)
        registers = [float(began + total[minute] // 60) for began, total in zip(began_wh, totals, strict=True)]
        yield rfc3339(of.start + timedelta(minutes=minute)), [float(flow[at]) for flow in flows], registers


def quarters(of: Flows) -> Iterator[tuple[str, int, float]]:
    """Quantity, quarter-hour (from the beginning) and the true energy in Wh of each."""
    parts = {"generation": of.generation, "import": of.imported, "export": of.exported, "consumption": of.use}
    for quantity, flow in parts.items():
        for number, watt_minutes in enumerate(flow.reshape(-1, 15).sum(axis=1).tolist()):
            yield quantity, number, watt_minutes / 60
