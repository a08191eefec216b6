"""Which communities the entries of a file leave an installation in, now and before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from energy import calendar
from energy.calendar import period_end
from ingest.catalogue.dating import periods
from ingest.catalogue.entries import InstallationEntry
from store.history.memberships import DELETE, INSERT
from store.history.periods import Period, changes, from_now_on, row_of, value_at
from store.history.recounts import Recount

Communities = Mapping[str, Sequence[Period[str]]]
"""Where each installation belongs and belonged, in order of time."""


def stated(
    entries: Iterable[InstallationEntry], before: Communities, zones: Mapping[str, str | None], now: datetime
) -> dict[str, list[Period[str]]]:
    """The communities of the ``entries`` that say anything of them, ``now`` (UTC) and before.

    ``zones`` names the zone of each installation that is registered already. Raises :class:`CatalogueError`.
    """
    found: dict[str, list[Period[str]]] = {}
    for entry in entries:
        name, community = entry.installation_id, entry.community_id
        if "memberships" in entry.model_fields_set:
            zone = calendar.zone(entry.time_zone or zones.get(name) or "UTC")
            listed = [(each.community_id, each) for each in entry.memberships or ()]
            found[name] = periods(f"{name}: memberships", listed, zone, now)
        elif "community_id" in entry.model_fields_set and name in zones:
            found[name] = from_now_on(before.get(name, ()), community, now)
        elif community is not None:
            found[name] = [Period(community)]
    return found


def write(session: Any, before: Communities, after: Communities) -> None:
    """Store the communities ``after`` in place of those ``before``."""
    insert, delete = session.prepare(INSERT), session.prepare(DELETE)
    for name, of in after.items():
        for each in of:
            session.execute(insert, row_of(name, each))
        for start in {each.start for each in before.get(name, ())} - {each.start for each in of}:
            session.execute(delete, (name, start))


def to_check(before: Communities, after: Communities, now: datetime) -> dict[str, set[str]]:
    """The communities of each installation, but those that it left earlier and that ``after`` (stated now) repeats."""
    left = {name: {each.value for each in before.get(name, ())} - {value_at(of, now)} for name, of in after.items()}
    return {name: {each.value for each in of} - left.get(name, set()) for name, of in {**before, **after}.items()}


def recounts(before: Communities, after: Communities, registered: Iterable[str], now: datetime) -> list[Recount]:
    """The communities whose past is another by what is stated of ``registered`` installations, and when."""
    asked_at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    until: dict[tuple[str, datetime], datetime] = {}
    for name in set(after).intersection(registered):
        for change in changes(before.get(name, ()), after[name]):
            end = min(change.end, period_end(now))
            for community in {change.before, change.after} - {None}:
                key = str(community), change.start
                until[key] = max(end, until.get(key, end))
    return [Recount(community, asked_at, start, end) for (community, start), end in sorted(until.items())]
