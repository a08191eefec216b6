"""Everything the page shows of one installation at one moment, read in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from energy.calendar import local_day as local_day_edges
from energy.records import QUANTITIES
from serving_layer import instants
from serving_layer.access import door
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import catalogue, merged, state
from serving_layer.views.forecast import Forecast, NoForecast, newest
from serving_layer.views.merge import Value
from store.runs import Published

MEMBERS_SHOWN = 60
"""A larger community shows so many members; all are in its totals."""


@dataclass(frozen=True)
class Member:
    """One home of the list. Energy in Wh, power in W; None where nothing is known."""

    installation_id: str
    name: str
    capacity_kw: float | None
    power: Mapping[str, float]
    age_s: float | None
    today_wh: float | None


@dataclass(frozen=True)
class Snapshot:
    """What is known of an installation at ``now`` (UTC); ``zone`` is where its days begin."""

    installation: Mapping[str, Any]
    zone: ZoneInfo
    now: datetime
    power: Mapping[str, float]
    age_s: float | None
    yesterday: Mapping[str, list[Value]]
    today: Mapping[str, list[Value]]
    forecast: Forecast | None
    seen: Published
    members: list[Member]

    @property
    def window(self) -> tuple[datetime, datetime]:
        """From the beginning of the local day to the end of the next (UTC)."""
        return local_day_edges(self.local_day, self.zone)[0], local_day_edges(
            self.local_day + timedelta(days=1), self.zone
        )[1]

    @property
    def local_day(self) -> date:
        """Today, where the installation is."""
        return self.now.astimezone(self.zone).date()


def first_choice(reader: Reader) -> str | None:
    """Whom the page opens with: the first community, else the first installation; None where none is registered."""
    known = catalogue.installations(reader)
    ordered = sorted(known, key=lambda each: each.get("kind") != "community")
    return str(ordered[0]["installation_id"]) if ordered else None


def take(reader: Reader, installation_id: str, quantity: str, now: datetime) -> Snapshot:
    """Read it. ``quantity`` is the forecast's. Raises ``UnknownInstallation`` and ``StoreAway``."""
    installation = door.seen(reader, installation_id, door.PAGE, "page")
    zone = _zone(installation)
    day = now.astimezone(zone).date()
    start, end = local_day_edges(day, zone)
    seen = merged.seen(reader)
    known = catalogue.installations(reader)
    ids = state.members(installation, known)
    devices = state.devices(reader, ids, now)
    energies = _energies(reader, installation_id, day, zone, seen)
    shown = [each for each in known if each["installation_id"] in set(ids)][:MEMBERS_SHOWN]
    names = [str(member["installation_id"]) for member in shown]
    generated = merged.read_each(reader, names, "generation", Span(start, end), seen)
    return Snapshot(
        installation,
        zone,
        now,
        state.power(devices, now),
        min((device["age_s"] for device in devices), default=None),
        {q: [v for v in values if v.start < start] for q, values in energies.items()},
        {q: [v for v in values if v.start >= start] for q, values in energies.items()},
        _forecast(reader, installation_id, quantity, seen),
        seen,
        [
            _member(member, [d for d in devices if d["installation_id"] == member["installation_id"]], values, now)
            for member, values in zip(shown, generated, strict=True)
        ],
    )


def total_wh(values: list[Value]) -> float | None:
    """Their sum, None where there is none: nothing known is not zero."""
    return sum(round(value.energy_wh * 1000) for value in values) / 1000 if values else None


def _zone(installation: Mapping[str, Any]) -> ZoneInfo:
    try:
        return instants.zone(str(installation.get("time_zone", "UTC")))
    except instants.BadInstant:
        return ZoneInfo("UTC")


def _energies(
    reader: Reader, installation_id: str, day: date, zone: ZoneInfo, seen: Published
) -> dict[str, list[Value]]:
    days = Span(local_day_edges(day - timedelta(days=1), zone)[0], local_day_edges(day, zone)[1])
    return {q: merged.read(reader, installation_id, q, days, seen) for q in QUANTITIES}


def _forecast(reader: Reader, installation_id: str, quantity: str, seen: Published) -> Forecast | None:
    try:
        return newest(reader, installation_id, quantity, seen)
    except NoForecast:
        return None


def _member(
    installation: Mapping[str, Any], devices: list[dict[str, Any]], energies: list[Value], now: datetime
) -> Member:
    return Member(
        str(installation["installation_id"]),
        str(installation.get("name") or installation["installation_id"]),
        installation.get("capacity_kw"),
        state.power(devices, now),
        min((device["age_s"] for device in devices), default=None),
        total_wh(energies),
    )


def at_present() -> datetime:
    """The clock of the page."""
    return datetime.now(timezone.utc)
