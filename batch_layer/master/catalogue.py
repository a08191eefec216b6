"""The catalogue as a night sees it: installations, their communities, and whose a device is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conf import Settings
from energy.topics import Rejected
from store import cassandra


@dataclass(frozen=True)
class Catalogue:
    """Known installations and devices; ``capacity_kw`` is absent where it was not registered."""

    capacity_kw: Mapping[str, float | None]
    community: Mapping[str, str] = field(default_factory=dict)
    devices: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def check(self, record: Mapping[str, Any]) -> None:
        """Raise :class:`Rejected` for an unknown installation or a device of another installation."""
        installation = record["installation_id"]
        if installation not in self.capacity_kw:
            raise Rejected(f"unknown installation {installation}")
        device = record.get("device_id") or record.get("meter_id")
        owners = self.devices.get(device, frozenset()) if device else frozenset()
        if owners and installation not in owners:
            raise Rejected(f"device {device} is registered to {', '.join(sorted(owners))}")


def read_catalogue(settings: Settings) -> Catalogue:
    """The catalogue in Cassandra's tables installation and device."""
    with cassandra.session(settings) as session:
        installations = list(session.execute("SELECT installation_id, capacity_kw, community_id FROM installation"))
        registered = list(session.execute("SELECT installation_id, device_id FROM device"))
    devices: dict[str, set[str]] = {}
    for row in registered:
        devices.setdefault(row.device_id, set()).add(row.installation_id)
    return Catalogue(
        {r.installation_id: r.capacity_kw for r in installations},
        {r.installation_id: r.community_id for r in installations if r.community_id},
        {device: frozenset(owners) for device, owners in devices.items()},
    )
