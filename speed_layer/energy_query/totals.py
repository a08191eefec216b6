"""Energy of the affected periods, from the readings in Cassandra, by the functions the batch layer uses.

Totals are those of all readings of the installation up to the batch: carried on from the batch before where they
came in order, else recomputed from the stored readings. A row written twice is the same row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import chain, islice
from typing import NamedTuple, TypeVar

from energy.balance import Register, installation_energy
from energy.community import community_energy
from energy.energy_row import EnergyRow, from_us, to_us
from energy.limits import UNLIMITED, Limits
from energy.registers.counters import NEIGHBOURS, REACH
from speed_layer.energy_query.carried_state import CarriedState, advance, begin
from speed_layer.energy_query.doubt import FAR, is_in_doubt
from speed_layer.energy_query.windows import Stretch, Window, by_day, pieces, stretches, union, window
from speed_layer.lookups import Reading, Store, day_of
from speed_layer.readings_query.duplicates import Device
from store.history.memberships import Membership, partly

_AFTER = timedelta(milliseconds=1)
_AT_ONCE = 32
"""Installations, or stretches of them, looked up side by side; what one task holds in memory."""
_MEMBERS_AT_ONCE = 500
"""Members of communities looked up side by side."""
Item = TypeVar("Item")


class _Given(NamedTuple):
    known: Mapping[str, CarriedState]
    ends: Mapping[int, int]
    limits: Mapping[str, Limits]


class Totals(NamedTuple):
    """An installation or community, the windows made anew, their rows, and what the next batch goes on from."""

    name: str
    windows: list[Window]
    rows: list[EnergyRow]
    carried: CarriedState | None = None


def installation_totals(
    store: Store,
    affected: Mapping[str, Sequence[Register]],
    known: Mapping[str, CarriedState],
    ends: Mapping[int, int],
    limits: Mapping[str, Limits],
) -> Iterator[Totals]:
    """Energy of every period that the readings of ``affected`` can change, installation by installation.

    ``known`` is what the batches before left to go on from, ``ends`` the last offset of each Kafka partition.
    """
    given, others = _Given(known, ends, limits), []
    for name in sorted(affected):
        advanced = advance(known[name], affected[name], limits.get(name, UNLIMITED)) if name in known else None
        if advanced is None:
            others.append(name)
        else:
            yield Totals(name, [advanced.window], advanced.rows, advanced.carried)
    doubtful: list[str] = []
    for some in _chunks(others):
        yield from _recomputed(store, {name: affected[name] for name in some}, given, NEIGHBOURS, doubtful)
    for some in _chunks(doubtful):
        yield from _recomputed(store, {name: affected[name] for name in some}, given, FAR, [])


def _recomputed(
    store: Store, affected: Mapping[str, Sequence[Register]], given: _Given, count: int, doubtful: list[str]
) -> Iterator[Totals]:
    """Totals by ``count`` readings on each side; with few, those in doubt are added to ``doubtful`` instead."""
    names = list(affected)
    windows = _windows(store, {name: _stretches(of) for name, of in affected.items()}, count)
    newest = dict(zip(names, store.devices(names), strict=True))
    devices = {name: sorted({*newest[name], *(each.device_id for each in affected[name])}) for name in names}
    rows: dict[str, list[EnergyRow]] = {name: [] for name in names}
    begun: dict[str, CarriedState] = {}
    asked = [(name, piece) for name in names for each in windows[name] for piece in pieces(each)]
    seen = {name: _seen(of, given.known.get(name)) for name, of in affected.items()}
    # The piece the batch ends in: what is stored beyond is still to come.
    final = {name: piece for name, piece in asked if to_us(piece.start) <= max(seen[name].values())}
    put_off: set[str] = set()
    for part in _chunks(asked):
        together = _readings(store, [([(name, each) for each in devices[name]], at) for name, at in part], count)
        for (name, piece), readings in zip(part, together, strict=True):
            within = given.limits.get(name, UNLIMITED)
            if count == NEIGHBOURS and (name in put_off or is_in_doubt(readings, within)):
                put_off.add(name)
                continue
            rows[name] += installation_energy(readings, *piece, within)
            if piece == final[name]:
                begun[name] = begin(readings, newest[name], seen[name], given.ends, piece.start, within)
    doubtful += sorted(put_off)
    made = [Totals(name, windows[name], rows[name], begun[name]) for name in names if name not in put_off]
    _withdraw(store, made)
    yield from made


def _seen(affected: Iterable[Register], known: CarriedState | None) -> dict[str, int]:
    """The time of the latest reading of each device up to the end of the batch, as far as that is known."""
    seen = {} if known is None else {device: times[-1] for device, times in known.sampled.items()}
    for each in affected:
        seen[each.device_id] = max(seen.get(each.device_id, 0), each.times[-1])
    return seen


def _stretches(affected: Iterable[Register]) -> list[Stretch]:
    times: dict[str, set[int]] = {}
    for each in affected:
        times.setdefault(each.device_id, set()).update(each.times)
    return [stretch for device, at in times.items() for stretch in stretches(device, map(from_us, at))]


def community_totals(
    store: Store, members: Mapping[str, Sequence[Membership]], windows: Mapping[str, Iterable[Window]]
) -> Iterator[Totals]:
    """Energy of each community of ``windows``, from its members' rows in ``energy_speed`` while they belong to it.

    A member counts from the first such row of the UTC day on which it has the quantity.
    """
    for some in _by_members(members, sorted(windows)):
        merged = {name: union(windows[name]) for name in some}
        parts = [
            (name, span, member, day)
            for name in some
            for span in chain.from_iterable(map(by_day, merged[name]))
            for member in members[name]
            if (day := member.within(*day_of(span.start)))[0] < day[1]
        ]
        inside = store.energy([(of.installation_id, *of.within(*span)) for _, span, of, _ in parts])
        firsts = store.firsts([(of.installation_id, *day) for *_, of, day in parts])
        together: dict[tuple[str, Window], dict[str, list[EnergyRow]]] = defaultdict(lambda: defaultdict(list))
        for (name, span, of, _), within, first in zip(parts, inside, firsts, strict=True):
            before = [row for row in first if not span.start <= row.start < span.end]
            together[name, span][of.installation_id] += [*within, *before]
        rows: dict[str, list[EnergyRow]] = {name: [] for name in some}
        for (name, span), of_members in together.items():
            made_of = community_energy(of_members, partly(members[name], *day_of(span.start)))
            rows[name] += [row for row in made_of if span.start <= row.start < span.end]
        made = [Totals(name, merged[name], rows[name]) for name in some]
        _withdraw(store, made)
        yield from made


def _by_members(members: Mapping[str, Sequence[Membership]], names: Iterable[str]) -> Iterator[list[str]]:
    """Communities a few at a time, by how many members they have together."""
    some: list[str] = []
    for name in names:
        if some and sum(len(members[each]) for each in [*some, name]) > _MEMBERS_AT_ONCE:
            yield some
            some = []
        some.append(name)
    if some:
        yield some


def _withdraw(store: Store, made: Sequence[Totals]) -> None:
    """Take back what the view holds in the windows and no reading gives evidence of any more."""
    days = [(each, day) for each in made for window in each.windows for day in by_day(window)]
    answers = store.energy([(each.name, *day) for each, day in days])
    standing = {(each.name, row.quantity, row.start) for each in made for row in each.rows}
    held = {(of.name, row.quantity, row.start) for (of, _), rows in zip(days, answers, strict=True) for row in rows}
    store.withdraw(held - standing)


def _windows(store: Store, affected: Mapping[str, Sequence[Stretch]], count: int) -> dict[str, list[Window]]:
    asked = [(name, stretch) for name, of in affected.items() for stretch in of]
    before = store.before([(name, stretch.device_id, stretch.first) for name, stretch in asked], count, REACH)
    after = store.since([(name, stretch.device_id, stretch.last + _AFTER) for name, stretch in asked], count, REACH)
    found: dict[str, list[Window]] = {name: [] for name in affected}
    # Up to the farthest of the readings by which a step is validated: a reading that ends a doubtful stretch (a zero, a
    # standstill) gives the whole stretch another meaning.
    for (name, stretch), earlier, later in zip(asked, before, after, strict=True):
        found[name].append(
            window(stretch, earlier[-1]["time"] if earlier else None, later[-1]["time"] if later else None)
        )
    return {name: union(of) for name, of in found.items()}


def _readings(store: Store, asked: Sequence[tuple[Sequence[Device], Window]], count: int) -> list[list[Reading]]:
    """The readings of each (devices, window) and ``count`` on each side, all asked for side by side."""
    flat = [(device, piece) for devices, piece in asked for device in devices]
    answers = zip(
        store.between([(device, *piece) for device, piece in flat]),
        store.before([(*device, piece.start) for device, piece in flat], count, REACH),
        store.since([(*device, piece.end) for device, piece in flat], count, REACH),
        strict=True,
    )
    return [[*chain.from_iterable(chain.from_iterable(islice(answers, len(devices))))] for devices, _ in asked]


def _chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[first : first + _AT_ONCE] for first in range(0, len(items), _AT_ONCE))
