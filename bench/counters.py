"""Register faults x sampling rates: error of a day's energy, Solera beside two rules that are in use.

``max-min`` takes in each hour the greatest less the least register; ``60 kW limit`` adds up steps between 0 and what
60 kW can give, and drops the others; that one is also shown on a plant of 100 kWp. Below, the speed of the engine.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

from rich.console import Console
from rich.table import Table

from energy.balance import installation_energy
from energy.limits import Limits
from energy.registers.counters import portions
from tests.support.registers.shapes import CAPACITY_W, LOST, MIDNIGHT, RATES_S, RECOVERABLE, Case, Sample, clean

NAMES = {5: "5 s", 60: "1 min", 300: "5 min", 900: "15 min"}
LIMIT_W = 60_000.0
BAR_PER_S = 300_000


def solera_wh(samples: Iterable[Sample], capacity_w: float = CAPACITY_W) -> float:
    """A day's energy by the counter engine."""
    return sum(portion.mwh for portion in portions(samples, capacity_w).values()) / 1000


def max_min_wh(samples: Iterable[Sample]) -> float:
    """A day's energy as the sum of each hour's greatest less least register."""
    hours: dict[object, list[float]] = defaultdict(list)
    for at, wh, _ in samples:
        if wh is not None:
            hours[at.replace(minute=0, second=0)].append(wh)
    return sum(max(values) - min(values) for values in hours.values())


def limited_wh(samples: Iterable[Sample]) -> float:
    """A day's energy as the sum of the steps, in order of arrival, that 60 kW can give."""
    registers = [(at, wh) for at, wh, _ in samples if wh is not None]
    total = 0.0
    for (before, low), (after, high) in pairwise(registers):
        if 0 <= high - low <= LIMIT_W * (after - before).total_seconds() / 3600:
            total += high - low
    return total


def percent(found: float, true: float) -> str:
    """Error of ``found`` in per cent of ``true``."""
    error = 100 * (found - true) / true
    if abs(found - true) < 0.0005:
        return "[green]0 Wh[/]"
    return f"{error:+.3f} %" if abs(error) < 1000 else f"{error:+.1e} %"


def large(rate_s: int) -> Case:
    """The clean day of a plant of 100 kWp."""
    samples = [(at, (wh or 0) * 20, (w or 0) * 20) for at, wh, w in clean(rate_s)]
    return Case([*samples], (samples[-1][1] or 0) - (samples[0][1] or 0))


def main() -> int:
    """Print both tables; 1 if a recoverable shape is not right to the watt-hour, or the engine is too slow."""
    table = Table("shape", "samples every", "Solera", "max-min an hour", "60 kW limit", title="Error of a day's energy")
    shapes = [(name, make, CAPACITY_W, True) for name, make in RECOVERABLE.items()]
    shapes += [("100 kWp plant, clean", large, 100_000.0, True)]
    shapes += [(name, make, CAPACITY_W, False) for name, (make, _) in LOST.items()]
    wrong = 0
    for name, make, capacity_w, recoverable in shapes:
        for rate_s in RATES_S:
            samples, true = make(rate_s)
            found = solera_wh(samples, capacity_w)
            wrong += recoverable and round(found * 1000) != round(true * 1000)
            label = name if rate_s == RATES_S[0] else ""
            row = (percent(x, true) for x in (found, max_min_wh(samples), limited_wh(samples)))
            table.add_row(label, NAMES[rate_s], *row, end_section=rate_s == RATES_S[-1])
    console = Console()
    console.print(table)
    speed = readings_per_s()
    console.print(f"installation_energy, plain readings: {speed:,.0f} readings/s on one core (bar {BAR_PER_S:,})")
    return int(wrong > 0 or speed < BAR_PER_S)


def readings_per_s() -> float:
    """Readings a second through ``installation_energy``: one inverter, a day at 1 s, the best of five."""
    readings = [
        {
            "installation_id": "bench",
            "device_id": "inverter",
            "device_kind": "inverter",
            "time": MIDNIGHT + timedelta(seconds=second),
            "energy_total_wh": 1000 + second / 2,
            "ac_power_w": 1800.0,
        }
        for second in range(86_400)
    ]
    best = 0.0
    for _ in range(5):
        begin = time.process_time()
        installation_energy(readings, MIDNIGHT, MIDNIGHT + timedelta(days=1), Limits(5.0))
        best = max(best, len(readings) / (time.process_time() - begin))
    return best


if __name__ == "__main__":
    sys.exit(main())
