"""Every installation now: power, energy of today, age of its data and its standing alarms, the worst first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from energy.calendar import local_day
from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import alarms, catalogue, merged, state
from serving_layer.web.periods.energies import wh
from serving_layer.web.zones import zone_of
from store.catalogue import COMMUNITY

STATES_SECONDS = 1.0
TODAY_SECONDS = 300.0
"""A quarter-hour's energy comes no oftener, and of a thousand installations takes a second to read."""
Installation = Mapping[str, Any]


class Row(NamedTuple):
    """One installation; None where nothing is known. Its order here is that of the page's script."""

    installation_id: str
    name: str
    kind: str
    community: str
    capacity_kw: float | None
    watts: float | None
    age_s: float | None
    today_wh: float | None
    alarms: int


class Totals(NamedTuple):
    """Totals of all rows; ``live`` have a reading of the last minutes, ``alarms`` are those of communities, too."""

    installations: int
    live: int
    alarms: int
    watts: float
    capacity_kw: float
    today_wh: float | None


def rows(reader: Reader, installations: Sequence[Installation], now: datetime, *, with_today: bool) -> list[Row]:
    """A row each but for communities, which are sums of others; those with alarms first, then the longest silent."""
    own = [each for each in installations if each.get("kind") != COMMUNITY]
    names = catalogue.names(installations)
    states = _states(reader, own, now)
    today = _today(reader, own, now) if with_today else {}
    raised = Counter(str(each["installation_id"]) for each in alarms.standing(reader))
    found = [_row(each, names, states, today, raised) for each in own]
    return sorted(found, key=_badness)


def script_values(row: Row, now: datetime) -> list[Any]:
    """A row as the page's script takes it: when its newest reading was measured (Unix time), not how long ago."""
    measured_at = None if row.age_s is None else round(now.timestamp() - row.age_s)
    watts = None if row.watts is None else round(row.watts)
    return list(row._replace(age_s=measured_at, watts=watts))


def totals(of: Sequence[Row], standing: int) -> Totals:
    """The sums of the rows, and how many alarms stand."""
    known = [row.today_wh for row in of if row.today_wh is not None]
    return Totals(
        len(of),
        sum(state.freshness(row.age_s) == "live" for row in of),
        standing,
        sum(row.watts or 0.0 for row in of),
        sum(row.capacity_kw or 0.0 for row in of),
        sum(known) if known else None,
    )


def _row(
    each: Installation,
    names: Mapping[str, str],
    states: Mapping[str, tuple[float | None, float | None]],
    today: Mapping[str, float | None],
    raised: Mapping[str, int],
) -> Row:
    name = str(each["installation_id"])
    community = str(each.get("community_id") or "")
    watts, age_s = states.get(name, (None, None))
    kind, capacity = str(each.get("kind") or ""), each.get("capacity_kw")
    shown = names.get(community, community)
    return Row(name, names[name], kind, shown, capacity, watts, age_s, today.get(name), raised.get(name, 0))


def _badness(row: Row) -> tuple[int, float, str]:
    is_live = state.freshness(row.age_s) == "live"
    age_s = float("inf") if row.age_s is None else row.age_s
    return -row.alarms, 0.0 if is_live else -age_s, row.name


def _states(reader: Reader, own: Sequence[Installation], now: datetime) -> dict[str, tuple[float | None, float | None]]:
    """Power generated in W and age in s of the newest state."""

    def load() -> dict[str, list[dict[str, Any]]]:
        devices: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for device in state.devices(reader, [str(each["installation_id"]) for each in own], now):
            devices[device["installation_id"]].append(device)
        return devices

    read = reader.kept(f"fleet states {_key(own)}", STATES_SECONDS, load)
    return {
        name: (state.power(devices, now).get("generation_w"), min(_age(device, now) for device in devices))
        for name, devices in read.items()
    }


def _age(device: Mapping[str, Any], now: datetime) -> float:
    age: timedelta = now - device["time"]
    return round(age.total_seconds(), 1)


def _today(reader: Reader, own: Sequence[Installation], now: datetime) -> dict[str, float | None]:
    """Energy in Wh that each has generated in its local day."""

    def load() -> dict[str, float | None]:
        by_day: dict[Span, list[str]] = defaultdict(list)
        for each in own:
            zone = zone_of(each)
            by_day[Span(*local_day(now.astimezone(zone).date(), zone))].append(str(each["installation_id"]))
        found: dict[str, float | None] = {}
        for day, names in by_day.items():
            read = merged.read_each(reader, names, "generation", day, merged.seen(reader))
            found |= {name: wh(values) for name, values in zip(names, read, strict=True)}
        return found

    return reader.kept(f"fleet today {_key(own)}", TODAY_SECONDS, load)


def _key(own: Iterable[Installation]) -> int:
    return hash(tuple(str(each["installation_id"]) for each in own))
