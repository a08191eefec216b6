"""What the views hold beside what was acknowledged and sent: lost, doubled, and the error of the energy."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.support.faults.devices import FIRST_WH, STEP_WH
from tests.support.faults.load import STEP, Load
from tests.support.faults.views import Views, inverter
from tests.support.faults.world import World, pole

KEPT_WITHIN = 120.0
RIGHT_WITHIN = 120.0


@dataclass
class Found:
    """Of one or several audits: readings acknowledged and absent, counted twice, and the greatest error in kWh."""

    lost: int = 0
    doubled: int = 0
    error_kwh: float = 0.0

    def add(self, other: Found) -> None:
        """Count what another audit found as well."""
        self.lost += other.lost
        self.doubled += other.doubled
        self.error_kwh = max(self.error_kwh, other.error_kwh)

    @property
    def is_whole(self) -> bool:
        """Nothing lost, nothing doubled, nothing wrong."""
        return (self.lost, self.doubled, round(self.error_kwh, 6)) == (0, 0, 0.0)


def audit(world: Views, load: Load, since: int, with_ledger: bool = True) -> Found:
    """Look at everything ``load`` sent from number ``since`` on, and at the ledger; nothing is sent meanwhile.

    Waits for the views to follow, at most :data:`KEPT_WITHIN` and :data:`RIGHT_WITHIN` seconds.
    """
    acknowledged = {each for each in load.acknowledged if each[1] >= since}
    lost = acknowledged
    for _ in patience(KEPT_WITHIN):
        rows = numbers(world, load, since)
        lost = acknowledged - rows.keys()
        if not lost:
            break
    phantoms = sum(number >= load.number or value != FIRST_WH + STEP_WH * number for (_, number), value in rows.items())
    truth = STEP_WH * (load.number - 1)
    error = 0.0
    for _ in patience(RIGHT_WITHIN):
        error = max(
            abs(generation_wh(world, home, load.first, load.first + load.number * STEP) - truth) for home in load.homes
        )
        if round(error * 1000) == 0:
            break
    return Found(len(lost), phantoms + (miscounted(world) if with_ledger else 0), error / 1000)


def patience(seconds: float) -> Iterator[None]:
    """Tries, a second apart, until ``seconds`` have passed; at least two."""
    end = time.monotonic() + seconds
    yield
    while time.monotonic() < end:
        time.sleep(1)
        yield


def numbers(world: Views, load: Load, since: int) -> dict[tuple[str, int], float]:
    """The register in the view by (home, number), from number ``since`` on."""
    found = {}
    for home in load.homes:
        for row in _rows(world, home, load.first + since * STEP, load.first + load.number * STEP):
            at = row.time.replace(tzinfo=timezone.utc)
            found[home, round((at - load.first) / STEP)] = row.energy_total_wh
    return found


def _rows(world: Views, home: str, first: datetime, last: datetime) -> list[Any]:
    days = [first.date() + timedelta(days=n) for n in range((last.date() - first.date()).days + 1)]
    return [
        row
        for day in days
        for row in world.rows(
            "SELECT time, energy_total_wh FROM reading_by_day "
            "WHERE installation_id = %s AND device_id = %s AND day = %s AND time >= %s",
            *(home, inverter(home), day, first),
        )
    ]


def generation_wh(world: Views, installation: str, first: datetime, last: datetime) -> float:
    """Energy in the speed view."""
    months = {first.date().replace(day=1), last.date().replace(day=1)}
    return sum(
        row.energy_wh
        for month in months
        for row in world.rows(
            "SELECT energy_wh FROM energy_speed WHERE installation_id = %s AND month = %s AND quantity = 'generation'",
            *(installation, month),
        )
    )


def miscounted(world: Views) -> int:
    """Messages by which the ledger differs from the log of the topic, up to the ledger's newest closed batch."""
    rows = world.rows("SELECT * FROM ingest_ledger WHERE topic = 'readings' AND layer = 'speed'")
    closed = [row for row in rows if row.written_at is not None]
    if not closed:
        return 0
    ends = json.loads(max(closed, key=lambda row: row.batch_id).last_offsets)
    return abs(sum(row.received for row in closed) - sum(offset + 1 for offset in ends.values()))


def audit_devices(world: World) -> Found:
    """Look at all that the gateway has kept of the devices, while it goes on."""
    kept = set(world.devices.acknowledged)
    found = Found()
    for _ in patience(KEPT_WITHIN):
        rows = {unit: _registers(world, unit) for unit in world.units}
        lost = {(unit, number) for unit, number in kept if number not in rows[unit]}
        if not lost:
            break
    found.lost = len(lost)
    found.doubled = sum(len(of) - len(set(of)) for of in rows.values())
    return found


def _registers(world: World, unit: int) -> list[int]:
    rows = _rows(world, pole(unit), world.began, datetime.now(timezone.utc))
    return [round((row.energy_total_wh - FIRST_WH) / STEP_WH) for row in rows]


def device_energy(world: World) -> float:
    """Greatest error in kWh of the devices' energy, while nothing is polled."""

    def error(unit: int) -> float:
        of = _registers(world, unit)
        truth = STEP_WH * (max(of) - min(of))
        return abs(generation_wh(world, pole(unit), world.began, datetime.now(timezone.utc)) - truth)

    worst = 0.0
    for _ in patience(RIGHT_WITHIN):
        worst = max(map(error, world.units))
        if round(worst * 1000) == 0:
            break
    return worst / 1000
