"""Which installations and devices exist, as the tables ``installation`` and ``device`` say."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from energy.topics import Rejected

FRESH_SECONDS = 2.0
"""How old the catalogue may be before it is read again."""


@dataclass(frozen=True)
class Catalogue:
    """The registered installations: what a reading is checked against and its energy needs to know."""

    installations: frozenset[str] = frozenset()
    owners: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The installations a device is registered to."""
    capacity_kw: Mapping[str, float] = field(default_factory=dict)
    community: Mapping[str, str] = field(default_factory=dict)
    """The community of each installation that belongs to one."""

    def check(self, reading: Mapping[str, Any]) -> None:
        """Raise :class:`Rejected` unless the installation is known and the device not another's."""
        installation = reading["installation_id"]
        if installation not in self.installations:
            raise Rejected(f"unknown installation {installation}")
        owners = self.owners.get(reading["device_id"])
        if owners is not None and installation not in owners:
            raise Rejected(f"device {reading['device_id']} is registered to {', '.join(sorted(owners))}")

    def members(self, community: str) -> list[str]:
        """The installations of ``community``, in order."""
        return sorted(each for each, of in self.community.items() if of == community)


class CatalogueReader:
    """The catalogue as the driver last read it."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._read_at = float("-inf")
        self._catalogue = Catalogue()

    def current(self) -> Catalogue:
        """The catalogue, at most :data:`FRESH_SECONDS` old."""
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            return self.read()
        return self._catalogue

    def read(self) -> Catalogue:
        """The catalogue as it stands now."""
        started = time.monotonic()
        self._catalogue = load(self._session)
        self._read_at = started
        return self._catalogue


def load(session: Any) -> Catalogue:
    """Read the catalogue from Cassandra."""
    installations = list(session.execute("SELECT installation_id, capacity_kw, community_id FROM installation"))
    owners: dict[str, set[str]] = {}
    for row in session.execute("SELECT installation_id, device_id FROM device"):
        owners.setdefault(row.device_id, set()).add(row.installation_id)
    return Catalogue(
        installations=frozenset(row.installation_id for row in installations),
        owners={device: frozenset(of) for device, of in owners.items()},
        capacity_kw={r.installation_id: r.capacity_kw for r in installations if r.capacity_kw is not None},
        community={r.installation_id: r.community_id for r in installations if r.community_id is not None},
    )
