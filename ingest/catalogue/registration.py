"""Registers entries: checked against what is registered, whole, before the first is written.

Only what a file states is written: a field it leaves out stays as it was, and ``null`` clears it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from conf import Settings, java
from energy.money.community.numbers import supply
from ingest.catalogue import dated
from ingest.catalogue.dated import CAPACITY, MEMBERSHIP
from ingest.catalogue.entries import CatalogueError, InstallationEntry
from ingest.catalogue.sizes import check_sizes
from store.catalogue import COMMUNITY, DEVICES, INSTALLATIONS
from store.history import capacities, memberships, recounts
from store.history.capacities import CAPACITIES
from store.history.memberships import MEMBERSHIPS
from store.history.periods import value_at
from store.history.recounts import Recount


def write_catalogue(session: Any, entries: Sequence[InstallationEntry], now: datetime) -> list[Recount]:
    """Add or update ``entries``; what they change of the past is returned, and noted for the next night.

    ``now`` (UTC) is when a change without dates begins. Raises :class:`CatalogueError` for a community that is none,
    for devices and members where they can't be, and for a CUPS of another installation.
    """
    registered = {row.installation_id: row._asdict() for row in session.execute(INSTALLATIONS)}
    zones = {name: row["time_zone"] for name, row in registered.items()}
    belonged = memberships.periods_by_installation(session.execute(MEMBERSHIPS))
    belongs = dated.stated(MEMBERSHIP, entries, belonged, zones, now)
    sized = capacities.periods_by_installation(session.execute(CAPACITIES))
    sizes = dated.stated(CAPACITY, entries, sized, zones, now)
    _check_against(session, entries, registered, dated.communities_to_check(belonged, belongs, now))
    moved, resized = dated.changed(belonged, belongs, registered), dated.changed(sized, sizes, registered)
    asked = dated.recounts(moved, resized, now)
    # First, for a recount of what stayed as it was changes nothing.
    for of in asked:
        session.execute(session.prepare(recounts.INSERT), of)
    # JSON ... DEFAULT UNSET leaves alone what an entry does not state.
    installation = session.prepare("INSERT INTO installation JSON ? DEFAULT UNSET")
    device = session.prepare("INSERT INTO device JSON ? DEFAULT UNSET")
    for entry in entries:
        name = entry.installation_id
        holds: dict[str, Any] = {"community_id": value_at(belongs[name], now)} if name in belongs else {}
        holds |= {"capacity_kw": value_at(sizes[name], now)} if name in sizes else {}
        session.execute(installation, [_stated(entry, **holds)])
        for each in entry.devices:
            session.execute(device, [_stated(each, installation_id=name)])
    dated.write(MEMBERSHIP, session, belonged, belongs)
    dated.write(CAPACITY, session, sized, sizes)
    return asked


def check_zones(settings: Settings, entries: Sequence[InstallationEntry]) -> None:
    """Raise :class:`CatalogueError` for a time zone that Java, which makes SQL's local days, does not know."""
    home = java.find(settings.cache)
    known = java.zones(home) if home else None
    for entry in entries:
        if known is not None and entry.time_zone is not None and entry.time_zone not in known:
            raise CatalogueError(f"{entry.installation_id}: this Java does not know the time zone {entry.time_zone}")


def _stated(entry: BaseModel, **more: Any) -> str:
    beside = {"devices", "memberships", "capacities"}
    values = entry.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude=beside) | more
    for name in ("connection", "contracts"):
        if values.get(name) is not None:
            values[name] = json.dumps(values[name], sort_keys=True)
    return json.dumps(values)


def _check_against(
    session: Any,
    entries: Sequence[InstallationEntry],
    registered: Mapping[str, Mapping[str, Any]],
    belongs: Mapping[str, set[str]],
) -> None:
    after = {**registered} | {
        entry.installation_id: {**registered.get(entry.installation_id, {})} | entry.model_dump(exclude_unset=True)
        for entry in entries
    }
    having = {row.installation_id for row in session.execute(DEVICES)}
    having |= {entry.installation_id for entry in entries if entry.devices}
    stated = {entry.installation_id for entry in entries}
    for entry in entries:
        _check_cups(entry, after)
        _check_sizes(entry, after[entry.installation_id])
    # What an older version let in elsewhere does not stand in the way of a good entry.
    for name, each in after.items():
        communities = belongs.get(name, set())
        if name in stated or communities & stated:
            _check_membership(name, each, communities, after, having)


def _check_cups(entry: InstallationEntry, after: Mapping[str, Mapping[str, Any]]) -> None:
    if entry.cups is None:
        return
    number = supply(entry.cups)
    for other, each in after.items():
        if other != entry.installation_id and supply(each.get("cups") or "") == number:
            raise CatalogueError(f"{entry.installation_id}: cups {entry.cups} already belongs to {other}")


def _check_sizes(entry: InstallationEntry, after: Mapping[str, Any]) -> None:
    is_resized = {"capacity_kw", "capacities"} & entry.model_fields_set
    kept = [] if is_resized or "kind" not in entry.model_fields_set else [after.get("capacity_kw")]
    try:
        check_sizes(after.get("kind"), [*entry.stated_kw, *kept])
    except ValueError as error:
        raise CatalogueError(f"{entry.installation_id}: {error}") from None


def _check_membership(
    name: str,
    each: Mapping[str, Any],
    communities: Collection[str],
    after: Mapping[str, Mapping[str, Any]],
    having: set[str],
) -> None:
    if each.get("kind") == COMMUNITY:
        if name in having:
            raise CatalogueError(f"{name}: a community has no devices; register them at its members")
        if communities:
            raise CatalogueError(f"{name}: a community is no member of a community")
    for community in sorted(communities):
        if community not in after:
            raise CatalogueError(f"{name}: community_id {community} is not registered; register it first")
        if after[community].get("kind") != COMMUNITY:
            raise CatalogueError(f"{name}: community_id {community} is no community; register it with kind: community")
