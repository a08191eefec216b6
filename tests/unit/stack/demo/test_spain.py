"""What the demo reads of its Spanish home before the night, over SunSpec: all of a span, and nothing beside it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

from energy.topics import TOPICS
from ingest.simulator.clock import LOG_STEP
from ingest.simulator.homes import CYCLE_HOURS, Home
from stack.demo.spain import registers

HOUR = timedelta(hours=1)


def test_the_logs_of_its_devices_tell_the_energy_between_two_instants() -> None:
    home = Home("jerez", "Jerez", 4.0, [n * 1_000 for n in range(CYCLE_HOURS)], [3_000_000] * CYCLE_HOURS)
    now = datetime.now(timezone.utc)
    start = now.replace(minute=0, second=0, microsecond=0) - 3 * HOUR
    end = start + HOUR
    read = [TOPICS["readings"].parse(json.dumps(each).encode(), now) for each in registers(home, start, end)]
    for device_id, register, energy_mwh in (
        (home.inverter_id, "energy_total_wh", home.flows(start).generation),
        (home.meter_id, "import_total_wh", home.flows(start).import_),
        (home.meter_id, "export_total_wh", home.flows(start).export),
    ):
        own = {each["time"]: each[register] for each in read if each["device_id"] == device_id}
        assert sorted(own) == [start + n * LOG_STEP for n in range(HOUR // LOG_STEP + 1)]
        assert abs((own[end] - own[start]) * 1000 - energy_mwh) <= 10
