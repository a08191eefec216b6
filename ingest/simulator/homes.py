"""The demo's community: 17 real homes whose year recurs, so that any hour has a real value.

A UTC hour of any year takes the value of the same weekday and hour of the same ISO week of the recorded
year (52 weeks from Monday, August 1, 2016), that is, the record moved by whole weeks. Week 53 repeats
week 52. Everything here is arithmetic in whole milliwatt-hours; reading files is ``citylearn.py``'s work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from store.instants import rfc3339

TIME_ZONE = "America/Los_Angeles"
LATITUDE, LONGITUDE = 34.09, -117.43
COMMUNITY = "fontana"
SOURCE = "citylearn"
CYCLE_START = datetime(2016, 8, 1, 7, tzinfo=timezone.utc)
"""Beginning of the recorded year: Monday, midnight in Los Angeles."""
CYCLE_HOURS = 52 * 168
_FIRST_WEEK = 31
_HOUR = timedelta(hours=1)


class Flows(NamedTuple):
    """Energy of one hour, in whole milliwatt-hours; the hour is netted, so import or export is 0."""

    generation: int
    consumption: int
    import_: int
    export: int
    self_consumption: int


@dataclass(frozen=True, eq=False)
class Home:
    """A home and its recorded year; both hold milliwatt-hours of each hour from ``CYCLE_START``."""

    installation_id: str
    name: str
    capacity_kw: float
    generation: Sequence[int]
    consumption: Sequence[int]

    @property
    def inverter_id(self) -> str:
        """Device id of its inverter."""
        return f"{self.installation_id}-inverter"

    @property
    def meter_id(self) -> str:
        """Device id of its meter at the grid."""
        return f"{self.installation_id}-meter"

    def flows(self, hour: datetime) -> Flows:
        """Flows of the UTC hour that begins at ``hour``."""
        index = cycle_hour(hour)
        generation, consumption = self.generation[index], self.consumption[index]
        used = min(generation, consumption)
        return Flows(generation, consumption, consumption - used, generation - used, used)


def cycle_hour(hour: datetime) -> int:
    """Index in the recorded year of the UTC hour that begins at ``hour``."""
    since_monday = hour.astimezone(timezone.utc) - timedelta(hours=CYCLE_START.hour)
    iso = since_monday.isocalendar()
    week = (min(iso.week, 52) - _FIRST_WEEK) % 52
    return week * 168 + (iso.weekday - 1) * 24 + since_monday.hour


def intervals(homes: Sequence[Home], start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    """Hourly ``intervals`` records of ``homes`` from ``start`` to ``end`` (UTC, whole hours), hour by hour.

    They are known when their hour ends. Energies in Wh are whole milliwatt-hours, so that consumption is
    generation + import - export exactly.
    """
    hour = start
    while hour < end:
        times = {"start": rfc3339(hour), "end": rfc3339(hour + _HOUR), "known_at": rfc3339(hour + _HOUR)}
        for home in homes:
            flows = home.flows(hour)
            yield {
                "schema": 1,
                "installation_id": home.installation_id,
                "meter_id": home.meter_id,
                **times,
                "import_wh": flows.import_ / 1000,
                "export_wh": flows.export / 1000,
                "generation_wh": flows.generation / 1000,
                "consumption_wh": flows.consumption / 1000,
                "self_consumption_wh": flows.self_consumption / 1000,
                "method": "measured",
                "source": SOURCE,
            }
        hour += _HOUR


CONTRACT = {
    "from": "2021-06-01",
    "access_tariff": "2.0TD",
    "territory": "peninsula",
    "power_kw": ["5.75", "5.75"],
    "energy": {"kind": "fixed", "prices_eur_kwh": ["0.20", "0.15", "0.11"]},
    "compensation": {"kind": "agreed", "price_eur_kwh": "0.06"},
    "self_consumption": "41",
}
"""A Spanish one for homes that stand elsewhere, so that they have bills."""


def history(homes: Sequence[Home], cut: datetime, days: int = 365) -> Iterator[dict[str, Any]]:
    """The ``intervals`` of the ``days`` UTC days before ``cut``, oldest first."""
    return intervals(homes, cut - timedelta(days=days), cut)


def catalogue(homes: Sequence[Home], host: str, port: int) -> list[dict[str, Any]]:
    """Entries for ``solera register``: the community and its homes, their devices behind ``host:port``."""
    place = {"latitude": LATITUDE, "longitude": LONGITUDE, "time_zone": TIME_ZONE}
    community = {
        "installation_id": COMMUNITY,
        "name": "Fontana, energy community",
        "kind": "community",
        "capacity_kw": sum(home.capacity_kw for home in homes),
        **place,
    }

    members = [
        {
            "installation_id": home.installation_id,
            "name": home.name,
            "kind": "home",
            "capacity_kw": home.capacity_kw,
            "community_id": COMMUNITY,
            "contracts": [CONTRACT],
            **place,
            "devices": devices(home, host, port, number),
        }
        for number, home in enumerate(homes, start=1)
    ]
    return [community, *members]


def devices(home: Home, host: str, port: int, number: int) -> list[dict[str, Any]]:
    """The devices of the ``number``-th home behind ``host:port``, as a catalogue has them.

    Unit ids are those the simulator serves: inverter of the n-th home 2n - 1, its meter 2n.
    """

    def connection(unit: int) -> dict[str, Any]:
        return {"protocol": "sunspec-tcp", "host": host, "port": port, "unit": unit, "clock": "device"}

    return [
        {
            "device_id": home.inverter_id,
            "device_kind": "inverter",
            "capacity_kw": home.capacity_kw,
            "connection": connection(2 * number - 1),
        },
        {"device_id": home.meter_id, "device_kind": "meter", "connection": connection(2 * number)},
    ]
