"""Registers entries: checked against what is registered, whole, before the first is written.

Only what a file states is written: a field it leaves out stays as it was, and ``null`` clears it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from conf import Settings, java
from ingest.catalogue.entries import CatalogueError, InstallationEntry
from store.catalogue import COMMUNITY, DEVICES, INSTALLATIONS


def write_catalogue(session: Any, entries: Sequence[InstallationEntry]) -> None:
    """Add or update ``entries``.

    Raises :class:`CatalogueError` for a community that is none, for devices and members where they can't be, and for
    a CUPS of another installation.
    """
    _check_against(session, entries)
    # JSON ... DEFAULT UNSET leaves alone what an entry does not state.
    installation = session.prepare("INSERT INTO installation JSON ? DEFAULT UNSET")
    device = session.prepare("INSERT INTO device JSON ? DEFAULT UNSET")
    for entry in entries:
        session.execute(installation, [_stated(entry)])
        for each in entry.devices:
            session.execute(device, [_stated(each, installation_id=entry.installation_id)])


def check_zones(settings: Settings, entries: Sequence[InstallationEntry]) -> None:
    """Raise :class:`CatalogueError` for a time zone that Java, which makes SQL's local days, does not know."""
    home = java.find(settings.cache)
    known = java.zones(home) if home else None
    for entry in entries:
        if known is not None and entry.time_zone is not None and entry.time_zone not in known:
            raise CatalogueError(f"{entry.installation_id}: this Java does not know the time zone {entry.time_zone}")


def _stated(entry: BaseModel, **more: str) -> str:
    values = entry.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"devices"}) | more
    for name in ("connection", "contracts"):
        if values.get(name) is not None:
            values[name] = json.dumps(values[name], sort_keys=True)
    return json.dumps(values)


def _check_against(session: Any, entries: Sequence[InstallationEntry]) -> None:
    registered = {row.installation_id: row._asdict() for row in session.execute(INSTALLATIONS)}
    after = registered | {
        entry.installation_id: registered.get(entry.installation_id, {}) | entry.model_dump(exclude_unset=True)
        for entry in entries
    }
    having = {row.installation_id for row in session.execute(DEVICES)}
    having |= {entry.installation_id for entry in entries if entry.devices}
    stated = {entry.installation_id for entry in entries}
    for entry in entries:
        _check_cups(entry, after)
    # What an older version let in elsewhere does not stand in the way of a good entry.
    for installation_id, each in after.items():
        if installation_id in stated or each.get("community_id") in stated:
            _check_membership(installation_id, each, after, having)


def _check_cups(entry: InstallationEntry, after: Mapping[str, Mapping[str, Any]]) -> None:
    others = [
        other for other, each in after.items() if other != entry.installation_id and each.get("cups") == entry.cups
    ]
    if entry.cups is not None and others:
        raise CatalogueError(f"{entry.installation_id}: cups {entry.cups} already belongs to {others[0]}")


def _check_membership(
    installation_id: str, each: Mapping[str, Any], after: Mapping[str, Mapping[str, Any]], having: set[str]
) -> None:
    community = each.get("community_id")
    if each.get("kind") == COMMUNITY:
        if installation_id in having:
            raise CatalogueError(f"{installation_id}: a community has no devices; register them at its members")
        if community is not None:
            raise CatalogueError(f"{installation_id}: a community is no member of a community")
    if community is None:
        return
    if community not in after:
        raise CatalogueError(f"{installation_id}: community_id {community} is not registered; register it first")
    if after[community].get("kind") != COMMUNITY:
        raise CatalogueError(
            f"{installation_id}: community_id {community} is no community; register it with kind: community"
        )
