"""Reads the folder that ``world`` has written: what is true of each installation, and what was received of it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from energy.balance import counted, installation_rows
from energy.energy_row import QUARTER, EnergyRow
from energy.limits import Limits
from energy.registers.counters import ANY_HOLE
from energy.score import Loss, Misdated
from energy.topics import TOPICS, Rejected
from ingest.simulator.truth.faults.fault import Injected
from ingest.simulator.truth.true_time import heard_at
from ingest.simulator.truth.world import CLOUDS, FAULTS, TRUTH, NoWorld, read_world, received

ABSENT = ("lost", "wrong zone")
"""Faults by which readings are missing where they were made: one dated ahead of its arrival is refused."""
MISDATED = ("jitter", "clock drift")


class Known(NamedTuple):
    """The true energy (Wh) of an installation by quantity and quarter-hour, and the faults put into it."""

    truth: dict[tuple[str, datetime], float]
    faults: list[Injected]

    @property
    def losses(self) -> list[Loss]:
        """Readings that are missing."""
        return [
            Loss(each.installation_id, each.device_kind, *each.times) for each in self.faults if each.kind in ABSENT
        ]

    @property
    def misdated(self) -> list[Misdated]:
        """Readings that a clock dated which was off by minutes."""
        return [Misdated(each.device_kind, *each.times) for each in self.faults if each.kind in MISDATED]

    @property
    def start(self) -> datetime:
        """The first instant (UTC)."""
        return min(start for _, start in self.truth)

    @property
    def end(self) -> datetime:
        """The instant after the last quarter-hour (UTC)."""
        return max(start for _, start in self.truth) + QUARTER


def read_known(folder: Path) -> dict[str, Known]:
    """The truth by installation. Raises :class:`NoWorld`."""
    try:
        rows = pq.read_table(folder / TRUTH).to_pylist()
        faults = json.loads((folder / FAULTS).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NoWorld(f"{error.filename} is missing: write {folder} with `solera simulate`") from None
    found: dict[str, Known] = defaultdict(lambda: Known({}, []))
    for row in rows:
        found[row["installation_id"]].truth[row["quantity"], row["start"]] = row["energy_wh"]
    for fault in faults:
        put = Injected(**fault)
        found[put.installation_id].faults.append(put)
    return dict(found)


def communities(folder: Path) -> dict[str, list[str]]:
    """The members of each community that installations say they belong to."""
    found: dict[str, list[str]] = defaultdict(list)
    for entry in read_world(folder)[1]:
        if entry.community_id is not None:
            found[entry.community_id].append(entry.installation_id)
    return dict(found)


def together(members: Iterable[Known]) -> Known:
    """The truth of a community: the sums of its members, with all their faults."""
    sums: dict[tuple[str, datetime], float] = defaultdict(float)
    faults: list[Injected] = []
    for member in members:
        faults += member.faults
        for key, energy_wh in member.truth.items():
            sums[key] += energy_wh
    return Known(dict(sums), faults)


def clouds(folder: Path) -> dict[str, dict[datetime, float]]:
    """The share of each hour's light that clouds took, by installation."""
    found: dict[str, dict[datetime, float]] = {}
    for row in pq.read_table(folder / CLOUDS).to_pylist():
        found.setdefault(row["installation_id"], {})[row["start"]] = row["cloud_fraction"]
    return found


def computed(
    folder: Path, known: Mapping[str, Known], readings: Iterable[dict[str, Any]] | None = None
) -> Iterator[tuple[str, list[EnergyRow]]]:
    """Rows by installation that ``readings`` give as the night counts them; those of ``folder`` without."""
    _, entries = read_world(folder)
    limits = {entry.installation_id: Limits(entry.capacity_kw) for entry in entries}
    for installation, own in groupby(received(folder) if readings is None else readings, itemgetter("installation_id")):
        of = known[installation]
        taken = (record for record in map(accepted, own) if record is not None)
        yield installation, installation_rows(counted(taken, limits[installation], ANY_HOLE), of.start, of.end)


def accepted(reading: Mapping[str, Any]) -> dict[str, Any] | None:
    """The record that both layers make of a reading at its true time; None where they refuse it."""
    try:
        return TOPICS["readings"].parse(json.dumps(reading).encode(), heard_at(reading))
    except Rejected:
        return None
