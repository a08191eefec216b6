"""A real plant of 22 inverters: each one's quarter-hours sum to its register's true increase."""

from __future__ import annotations

import csv
import gzip
import os
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from energy.balance import installation_energy
from energy.calendar import aggregate
from energy.local_time import from_device_clock
from energy.registers.counters import portions

SHARED = Path(os.environ.get("SOLERA_SHARED_DATA", "../shared/data"))
FILE = SHARED / "solar_plant_1" / "Plant_1_Generation_Data.csv.gz"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"{FILE} is not here; set SOLERA_SHARED_DATA")
KOLKATA = ZoneInfo("Asia/Kolkata")

Sample = tuple[datetime, float, float]


@cache
def _utc(text: str) -> datetime:
    """The plant writes its local time as dd-mm-YYYY HH:MM."""
    naive = datetime.fromisoformat(f"{text[6:10]}-{text[3:5]}-{text[:2]}T{text[11:]}")
    return from_device_clock([naive], KOLKATA)[0]


@pytest.fixture(scope="module")
def inverters() -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = defaultdict(list)
    with gzip.open(FILE, "rt") as lines:
        for row in csv.DictReader(lines):
            time = _utc(row["DATE_TIME"])
            found[row["SOURCE_KEY"]].append((time, float(row["TOTAL_YIELD"]) * 1000, float(row["AC_POWER"]) * 1000))
    return {key: sorted(samples) for key, samples in found.items()}


@pytest.mark.parametrize(
    ("capacity_w", "powered"),
    [
        pytest.param(None, False, id="register-alone"),
        pytest.param(None, True, id="with-power"),
        pytest.param(60_000.0, True, id="capacity-far-too-small"),
    ],
)
def test_quarter_hours_sum_to_the_register(
    inverters: dict[str, list[Sample]], capacity_w: float | None, powered: bool
) -> None:
    assert len(inverters) == 22
    for key, samples in list(inverters.items())[:: 1 if capacity_w is None else 6]:
        found = portions([(time, wh, w if powered else None) for time, wh, w in samples], capacity_w)
        assert sum(p.mwh for p in found.values()) == round((samples[-1][1] - samples[0][1]) * 1000), key
        assert {p.method for p in found.values()} <= {"measured", "spread"}


def test_local_days_of_the_plant_sum_to_the_whole(inverters: dict[str, list[Sample]]) -> None:
    readings = [
        {"device_id": key, "device_kind": "inverter", "time": time, "energy_total_wh": wh, "ac_power_w": w}
        for key, samples in inverters.items()
        for time, wh, w in samples
    ]
    start = datetime(2020, 5, 14, tzinfo=timezone.utc)
    rows = installation_energy(readings, start, start + timedelta(days=40), 25_000.0)
    days = aggregate(rows, "day", KOLKATA)
    true = sum(round((samples[-1][1] - samples[0][1]) * 1000) for samples in inverters.values())
    assert sum(round(day.energy_wh * 1000) for day in days) == true
    assert len(days) == 34
