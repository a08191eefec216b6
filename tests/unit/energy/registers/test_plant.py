"""A plant of 6 inverters, made, and one of 22, real: each one's quarter-hours sum to its register's true increase."""

from __future__ import annotations

import csv
import gzip
import math
import random
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from energy.balance import installation_energy
from energy.calendar import aggregate
from energy.limits import Limits
from energy.registers.counters import portions
from tests.support.recorded import SHARED

FILE = SHARED / "solar_plant_1" / "Plant_1_Generation_Data.csv.gz"
MADE = "made"
DAYS = 34
KOLKATA = ZoneInfo("Asia/Kolkata")

Sample = tuple[datetime, float, float]


@cache
def _utc(text: str) -> datetime:
    """The plant writes its local time as dd-mm-YYYY HH:MM."""
    naive = datetime.fromisoformat(f"{text[6:10]}-{text[3:5]}-{text[:2]}T{text[11:]}")
    return naive.replace(tzinfo=KOLKATA).astimezone(timezone.utc)


def made() -> dict[str, list[Sample]]:
    """Six inverters of 25 kW that are read every quarter-hour, in whole kWh, and miss an hour now and then."""
    chance = random.Random(1)
    first = datetime(2020, 5, 15, tzinfo=KOLKATA).astimezone(timezone.utc)
    found: dict[str, list[Sample]] = {}
    for number in range(6):
        wh, samples = float(chance.randrange(10**9)), []
        for quarter in range(96 * DAYS):
            hour = quarter % 96 / 4
            power_w = max(0.0, 25_000 * math.sin(math.pi * (hour - 6) / 12)) * chance.uniform(0.3, 1.0)
            wh += power_w / 4
            if quarter in (0, 96 * DAYS - 1) or chance.random() > 0.04:
                samples.append((first + quarter * timedelta(minutes=15), wh // 1000 * 1000, round(power_w)))
        found[f"inverter-{number}"] = [(time, total, float(power)) for time, total, power in samples]
    return found


@pytest.fixture(scope="module", params=[MADE, *([FILE.parent.name] if FILE.exists() else [])])
def inverters(request: pytest.FixtureRequest) -> dict[str, list[Sample]]:
    if request.param == MADE:
        return made()
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
    assert len(inverters) in (6, 22)
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
    rows = installation_energy(readings, start, start + timedelta(days=40), Limits(25_000.0))
    days = aggregate(rows, "day", KOLKATA)
    true = sum(round((samples[-1][1] - samples[0][1]) * 1000) for samples in inverters.values())
    assert sum(round(day.energy_wh * 1000) for day in days) == true
    assert len(days) == DAYS
