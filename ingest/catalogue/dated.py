"""Communities and capacities of an installation, now and before, by the entries of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Generic

from energy import calendar
from energy.calendar import period_end
from ingest.catalogue.dating import periods
from ingest.catalogue.entries import InstallationEntry
from store.history import capacities, memberships
from store.history.periods import Change, Period, Value, changes, from_now_on, row_of, value_at
from store.history.recounts import Recount


@dataclass(frozen=True)
class Dated(Generic[Value]):
    """A field of an installation whose past is kept: how a file states it, and how its table is written."""

    field: str
    """The field that holds now."""
    listed: str
    """All of now and before."""
    insert: str
    delete: str
    held_before: bool
    """Whether the first value that is stated of a registered installation is taken to have held ever since."""


MEMBERSHIP: Dated[str] = Dated("community_id", "memberships", memberships.INSERT, memberships.DELETE, held_before=False)
CAPACITY: Dated[float] = Dated("capacity_kw", "capacities", capacities.INSERT, capacities.DELETE, held_before=True)
Periods = Mapping[str, Sequence[Period[Value]]]
"""Periods by installation, in order of time."""


def stated(
    of: Dated[Value],
    entries: Iterable[InstallationEntry],
    before: Periods[Value],
    zones: Mapping[str, str | None],
    now: datetime,
) -> dict[str, list[Period[Value]]]:
    """The periods of the ``entries`` that say anything of them.

    ``zones`` names the zone of each installation that is registered already. Raises :class:`CatalogueError`.
    """
    found: dict[str, list[Period[Value]]] = {}
    for entry in entries:
        name, value, known = entry.installation_id, getattr(entry, of.field), before.get(entry.installation_id, ())
        if of.listed in entry.model_fields_set:
            zone = calendar.zone(entry.time_zone or zones.get(name) or "UTC")
            values = [(getattr(each, of.field), each) for each in getattr(entry, of.listed) or ()]
            found[name] = periods(f"{name}: {of.listed}", values, zone, now)
        elif of.field in entry.model_fields_set and name in zones and (known or not of.held_before):
            found[name] = from_now_on(known, value, now)
        elif value is not None:
            found[name] = [Period(value)]
    return found


def write(of: Dated[Value], session: Any, before: Periods[Value], after: Periods[Value]) -> None:
    """Store the periods ``after`` in place of those ``before``."""
    insert, delete = session.prepare(of.insert), session.prepare(of.delete)
    for name, held in after.items():
        for each in held:
            session.execute(insert, row_of(name, each))
        for start in {each.start for each in before.get(name, ())} - {each.start for each in held}:
            session.execute(delete, (name, start))


def communities_to_check(before: Periods[str], after: Periods[str], now: datetime) -> dict[str, set[str]]:
    """The communities of each installation, but those that it left earlier and that ``after`` (stated now) repeats."""
    left = {name: {each.value for each in before.get(name, ())} - {value_at(of, now)} for name, of in after.items()}
    known = {**before, **after}
    return {name: {each.value for each in of} - left.get(name, set()) for name, of in known.items()}


def recounts(
    moved: Mapping[str, Sequence[Change[str]]], resized: Mapping[str, Sequence[Change[float]]], now: datetime
) -> list[Recount]:
    """Recounts of those whose past is another by other communities and capacities of installations, and when."""
    asked_at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    until: dict[tuple[str, datetime], datetime] = {}
    for name, start, end in [*_communities(moved), *_installations(resized)]:
        begun = min(end, period_end(now))
        until[name, start] = max(begun, until.get((name, start), begun))
    return [Recount(name, asked_at, start, end) for (name, start), end in sorted(until.items())]


def changed(before: Periods[Value], after: Periods[Value], registered: Iterable[str]) -> dict[str, list[Change[Value]]]:
    """Periods in which what is stated of ``registered`` installations is not what was known."""
    return {name: changes(before.get(name, ()), after[name]) for name in set(after).intersection(registered)}


def _communities(moved: Mapping[str, Sequence[Change[str]]]) -> Iterator[tuple[str, datetime, datetime]]:
    for change in chain.from_iterable(moved.values()):
        for community in {change.before, change.after} - {None}:
            yield str(community), change.start, change.end


def _installations(resized: Mapping[str, Sequence[Change[float]]]) -> Iterator[tuple[str, datetime, datetime]]:
    return ((name, change.start, change.end) for name, of in resized.items() for change in of)
