"""Everything the page shows of one installation at one moment, read in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from energy.calendar import local_day as local_day_edges
from energy.energy_row import QUARTER
from energy.records import QUANTITIES
from serving_layer import instants
from serving_layer.access import door
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import catalogue, merged, state
from serving_layer.views.forecast import Forecast, NoForecast, newest
from serving_layer.views.merge import Value
from serving_layer.web import homes
from serving_layer.web.homes import Homes, Moment
from store.runs import Published


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
    homes: Homes
    charge_pct: float | None
    """Mean state of charge of the batteries that say theirs; None where none does."""

    @property
    def by_now(self) -> dict[str, list[Value]]:
        """Of yesterday what had ended by this time of day."""
        local = self.now.astimezone(self.zone)
        until = (local.replace(tzinfo=None) - timedelta(days=1)).replace(tzinfo=self.zone)
        return {q: [v for v in values if v.start + QUARTER <= until] for q, values in self.yesterday.items()}

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
    at = Moment(now, Span(start, end), seen)
    known = catalogue.installations(reader)
    ids = state.members(installation, known)
    devices = state.devices(reader, ids, now)
    energies = _energies(reader, installation_id, day, zone, seen)
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
        homes.take(reader, [each for each in known if each["installation_id"] in set(ids)], devices, at),
        _charge(devices),
    )


def _charge(devices: Sequence[Mapping[str, Any]]) -> float | None:
    live = [device for device in devices if state.freshness(device["age_s"]) == "live"]
    charges = [device["soc_pct"] for device in live if "soc_pct" in device]
    return sum(charges) / len(charges) if charges else None


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


def at_present() -> datetime:
    """The clock of the page."""
    return datetime.now(timezone.utc)
