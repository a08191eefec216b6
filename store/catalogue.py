"""The catalogue: which installations and devices are registered, and whether a record may speak for them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple

from conf import Settings, writers
from conf.writers import UNSIGNED, Signed
from energy.limits import Limits
from energy.topics import Rejected
from store import cassandra
from store.history.capacities import CAPACITIES, periods_by_installation
from store.history.limits import limits_of
from store.history.memberships import MEMBERSHIPS, Membership, grouped, memberships_of
from store.history.retraction import RETRACTIONS, Retraction, retractions_of

COMMUNITY = "community"
"""The kind of an installation that is the sum of its members."""
INSTALLATION_FIELDS = (
    "installation_id",
    "name",
    "kind",
    "latitude",
    "longitude",
    "time_zone",
    "capacity_kw",
    "tilt_deg",
    "azimuth_deg",
    "municipality_code",
    "community_id",
    "cups",
    "cau",
    "tariff",
    "takes_unknown_devices",
    "writer",
)
INSTALLATIONS = f"SELECT {', '.join(INSTALLATION_FIELDS)} FROM installation"  # noqa: S608 - constant names
DEVICES = "SELECT installation_id, device_id, device_kind, capacity_kw, connection FROM device"
FRESH_SECONDS = 2.0
"""The age at which the catalogue of a running job is read again."""
NOTICED_SECONDS = FRESH_SECONDS + 2.0
"""Time after a change of the catalogue by which the speed layer knows it, and has written what it had in hand."""


@dataclass(frozen=True)
class Catalogue:
    """The registered installations: what a record is checked against and its energy needs to know."""

    installations: frozenset[str] = frozenset()
    owners: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The installations a device of that id is registered to."""
    closed: frozenset[str] = frozenset()
    """Installations that take readings of their registered devices alone."""
    limits: Mapping[str, Limits] = field(default_factory=dict)
    """Limits of the flows of each installation."""
    communities: frozenset[str] = frozenset()
    """Installations that are the sum of their members, and have no energy of their own."""
    memberships: tuple[Membership, ...] = ()
    """Memberships in communities, of now and before, in order of installation and time."""
    writers: Mapping[str, str] = field(default_factory=dict)
    """The writer that alone speaks for an installation; absent where any may."""
    secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """The secret of each writer."""
    retractions: Mapping[str, tuple[Retraction, ...]] = field(default_factory=dict)
    """Retractions of each installation that has any, in the order in which they were made."""

    def check(self, record: Mapping[str, Any], signed: Signed = UNSIGNED) -> None:
        """Raise :class:`Rejected` for an unknown installation, and for a writer or device that may not speak for it.

        An installation with registered devices takes readings of those alone, unless it says otherwise.
        """
        installation = record["installation_id"]
        if installation not in self.installations:
            raise Rejected(f"unknown installation {installation}", "unknown installation", installation)
        writer = self.writers.get(installation)
        if writer is not None and not signed.is_of(writer, self.secrets.get(writer)):
            raise Rejected(f"{installation} is written by {writer} alone", "foreign writer", installation)
        device = record.get("device_id") or record.get("meter_id")
        owners = self.owners.get(device, frozenset()) if device else frozenset()
        if installation in owners:
            return
        if owners:
            reason = f"device {device} is registered to {', '.join(sorted(owners))}"
            raise Rejected(reason, "foreign device", installation)
        if installation in self.closed and "device_id" in record:
            raise Rejected(f"device {device} is not registered to {installation}", "unknown device", installation)

    def check_retractions(self, record: Mapping[str, Any], received_at: datetime) -> None:
        """Raise :class:`Rejected` where ``record``, received then (UTC), has been retracted since."""
        for each in self.retractions.get(record["installation_id"], ()):
            if received_at <= each.retracted_at and each.covers(record):
                raise Rejected(
                    f"retracted at {each.retracted_at:%Y-%m-%dT%H:%M:%SZ}", "retracted", each.installation_id
                )

    def generation(self, record: Mapping[str, Any]) -> int:
        """The number of retractions of ``record``'s instant: what came after stands above what came before."""
        return sum(each.covers(record) for each in self.retractions.get(record["installation_id"], ()))

    def of_community(self, community: str) -> Sequence[Membership]:
        """Memberships, now and before, in ``community``."""
        return self._by_community.get(community, ())

    def of_member(self, installation: str) -> Sequence[Membership]:
        """Memberships, now and before, of ``installation``."""
        return self._by_member.get(installation, ())

    @cached_property
    def _by_community(self) -> Mapping[str, Sequence[Membership]]:
        return grouped(self.memberships, attrgetter("community_id"))

    @cached_property
    def _by_member(self) -> Mapping[str, Sequence[Membership]]:
        return grouped(self.memberships, attrgetter("installation_id"))


class History(NamedTuple):
    """The rows of :data:`RETRACTIONS`, :data:`MEMBERSHIPS` and :data:`CAPACITIES`."""

    retractions: Iterable[Any] = ()
    memberships: Iterable[Any] = ()
    capacities: Iterable[Any] = ()


def catalogue_of(
    installations: Iterable[Any],
    devices: Iterable[Any],
    secrets: Mapping[str, bytes] = MappingProxyType({}),
    history: History = History(),  # noqa: B008 - it can't change
) -> Catalogue:
    """The catalogue of the rows of :data:`INSTALLATIONS` and :data:`DEVICES`, writers' ``secrets``, and the past."""
    rows, sized = list(installations), periods_by_installation(history.capacities)
    owners: dict[str, set[str]] = {}
    of_installation: dict[str, list[Any]] = {}
    for device in devices:
        owners.setdefault(device.device_id, set()).add(device.installation_id)
        of_installation.setdefault(device.installation_id, []).append(device)
    communities = frozenset(row.installation_id for row in rows if row.kind == COMMUNITY)
    closed = frozenset(row.installation_id for row in rows if not row.takes_unknown_devices) & of_installation.keys()
    return Catalogue(
        installations=frozenset(row.installation_id for row in rows),
        closed=closed,
        owners={device: frozenset(of) for device, of in owners.items()},
        limits={
            (name := row.installation_id): limits_of(sized[name], of_installation.get(name, ()), name in closed)
            for row in rows
        },
        communities=communities,
        memberships=tuple(each for each in memberships_of(history.memberships) if each.community_id in communities),
        writers={row.installation_id: row.writer for row in rows if row.writer is not None},
        secrets=secrets,
        retractions=retractions_of(history.retractions),
    )


def load(settings: Settings, session: Any) -> Catalogue:
    """The catalogue as it stands in Cassandra now, and the writers' secrets."""
    history = History(*map(session.execute, (RETRACTIONS, MEMBERSHIPS, CAPACITIES)))
    return catalogue_of(session.execute(INSTALLATIONS), session.execute(DEVICES), writers.known(settings), history)


def read_catalogue(settings: Settings) -> Catalogue:
    """The same over a session of its own. Raises :class:`store.cassandra.CassandraAway`."""
    with cassandra.session(settings) as session:
        return load(settings, session)


class CatalogueReader:
    """The catalogue as a job last read it."""

    def __init__(self, settings: Settings, session: Any) -> None:
        self._settings, self._session = settings, session
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
        self._catalogue = load(self._settings, self._session)
        self._read_at = started
        return self._catalogue
