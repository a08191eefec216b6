"""Energy of the touched periods, from the readings in Cassandra, by the functions the batch layer uses.

Totals are computed afresh from all readings of the installation, never added to; a row written twice is the
same row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import chain, islice
from typing import TypeVar

from energy.balance import EnergyRow, community_energy, installation_energy
from energy.counters import BRIDGE, CONTEXT
from speed_layer.stored import Reading, Store
from speed_layer.windows import Run, Window, by_day, pieces, union, window

NEIGHBOURS = 2 * (CONTEXT + 1)
"""Readings looked at on each side of a window: the bridging sample and those it is judged by, twice, because a
device may tell its registers in every other message only."""
_AFTER = timedelta(milliseconds=1)
_AT_ONCE = 32
"""Installations, or stretches of them, looked up side by side; what one task holds in memory."""
Item = TypeVar("Item")

Totals = tuple[str, list[Window], list[EnergyRow]]
"""An installation or community, the windows recomputed, and their rows."""


def installation_totals(
    store: Store, touched: Mapping[str, Sequence[Run]], capacity_kw: Mapping[str, float]
) -> Iterator[Totals]:
    """Energy of every period that ``touched`` runs of readings can change, installation by installation."""
    names = sorted(touched)
    for some in _chunks(names):
        windows = _windows(store, {name: touched[name] for name in some})
        devices = {
            name: sorted({*known, *(run.device_id for run in touched[name])})
            for name, known in zip(some, store.devices(some), strict=True)
        }
        rows: dict[str, list[EnergyRow]] = {name: [] for name in some}
        asked = [(name, piece) for name in some for each in windows[name] for piece in pieces(each)]
        for part in _chunks(asked):
            together = _readings(store, [(devices[name], piece) for name, piece in part])
            for (name, piece), readings in zip(part, together, strict=True):
                rows[name] += installation_energy(readings, piece.start, piece.end, capacity_kw.get(name))
        yield from ((name, windows[name], rows[name]) for name in some)


def community_totals(store: Store, community: str, members: Sequence[str], windows: Iterable[Window]) -> Totals:
    """Energy of a community in ``windows``, from its members' rows in ``energy_speed``.

    A member counts from the first row of the UTC day on which it has the quantity.
    """
    merged = union(windows)
    rows: list[EnergyRow] = []
    for each in chain.from_iterable(map(by_day, merged)):
        of_members = store.energy([(member, *each) for member in members])
        having = store.first_of_day([(member, each.start) for member in members])
        together = {
            member: [*inside, *(first for first in firsts if not each.start <= first.start < each.end)]
            for member, inside, firsts in zip(members, of_members, having, strict=True)
        }
        rows += [row for row in community_energy(together) if each.start <= row.start < each.end]
    return community, merged, rows


def _windows(store: Store, touched: Mapping[str, Sequence[Run]]) -> dict[str, list[Window]]:
    asked = [(name, run) for name, of in touched.items() for run in of]
    before = store.before([(run.device_id, run.first) for _, run in asked], NEIGHBOURS, BRIDGE)
    after = store.since([(run.device_id, run.last + _AFTER) for _, run in asked], NEIGHBOURS, BRIDGE)
    found: dict[str, list[Window]] = {name: [] for name in touched}
    # Up to the farthest of the readings by which a step is judged: a reading that ends a doubtful stretch (a zero, a
    # standstill) gives the whole stretch another meaning.
    for (name, run), earlier, later in zip(asked, before, after, strict=True):
        found[name].append(window(run, earlier[-1]["time"] if earlier else None, later[-1]["time"] if later else None))
    return {name: union(of) for name, of in found.items()}


def _readings(store: Store, asked: Sequence[tuple[Sequence[str], Window]]) -> list[list[Reading]]:
    """The readings of each (devices, window) and their neighbours, all asked for side by side."""
    flat = [(device, piece) for devices, piece in asked for device in devices]
    answers = zip(
        store.between([(device, *piece) for device, piece in flat]),
        store.before([(device, piece.start) for device, piece in flat], NEIGHBOURS, BRIDGE),
        store.since([(device, piece.end) for device, piece in flat], NEIGHBOURS, BRIDGE),
        strict=True,
    )
    return [[*chain.from_iterable(chain.from_iterable(islice(answers, len(devices))))] for devices, _ in asked]


def _chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[first : first + _AT_ONCE] for first in range(0, len(items), _AT_ONCE))
