"""A folder with what devices say, ready for `solera replay`, and apart from it what is true."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.catalogue.entries import CatalogueError, InstallationEntry
from ingest.simulator.truth.devices import quarters, readings
from ingest.simulator.truth.faults import KINDS, Injected, inject
from ingest.simulator.truth.flows import flows

READINGS, TRUTH, FAULTS, CAPACITIES = "readings.jsonl.gz", "truth.parquet", "faults.json", "capacities.json"
QUARTER = timedelta(minutes=15)


class Asked(NamedTuple):
    """What is simulated: whole UTC days from ``first`` on, a reading every so many minutes, by which seed."""

    first: date
    days: int
    every_minutes: int
    seed: int


def write_world(entries: Sequence[InstallationEntry], asked: Asked, folder: Path) -> int:
    """Write readings, truth, faults and capacities (kW) of ``entries``; how many readings there are.

    Raises :class:`CatalogueError`.
    """
    own = [entry for entry in entries if entry.kind != "community"]
    if not own:
        raise CatalogueError("the file holds no home, farm or park to simulate")
    folder.mkdir(parents=True, exist_ok=True)
    truth: list[dict[str, Any]] = []
    injected: list[Injected] = []
    count = 0
    with gzip.open(folder / READINGS, "wt", encoding="utf-8") as file:
        for entry in own:
            for reading in _of(entry, asked, truth, injected):
                file.write(json.dumps(reading, separators=(",", ":")) + "\n")
                count += 1
    pq.write_table(pa.Table.from_pylist(truth), folder / TRUTH)
    said = [each._asdict() for each in injected]
    (folder / FAULTS).write_text(json.dumps(said, indent=1), encoding="utf-8")
    registered = {entry.installation_id: entry.capacity_kw for entry in own}
    (folder / CAPACITIES).write_text(json.dumps(registered, indent=1), encoding="utf-8")
    return count


def _of(
    entry: InstallationEntry, asked: Asked, truth: list[dict[str, Any]], injected: list[Injected]
) -> Iterator[dict[str, Any]]:
    start = datetime.combine(asked.first, time(), timezone.utc)
    name = f"{asked.seed} {entry.installation_id}"
    chance = np.random.default_rng(list(name.encode()))
    own = flows(entry, start, asked.days, chance)
    truth += [
        {"installation_id": entry.installation_id, "quantity": quantity, "start": start + number * QUARTER,
         "energy_wh": energy_wh}
        for quantity, number, energy_wh in quarters(own)
    ]  # fmt: skip
    heard, found = inject(readings(entry.installation_id, own, asked.every_minutes), list(KINDS), name)
    injected += found
    for each in heard.values():
        yield from each
