"""The installations that the page lists: a community's homes, or the one that is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from serving_layer.instants import Span
from serving_layer.reader import Reader
from serving_layer.views import merged, state
from serving_layer.views.merge import Value
from store.runs import Published

SHOWN = 60
"""A larger community shows so many homes; all are in its totals."""
Device = Mapping[str, Any]


class Home(NamedTuple):
    """One home of the list. Energy in Wh, power in W; None where nothing is known."""

    installation_id: str
    name: str
    capacity_kw: float | None
    power: Mapping[str, float]
    age_s: float | None
    today_wh: float | None


class Homes(NamedTuple):
    """The homes of a community, or the installation alone."""

    shown: list[Home]
    """The first :data:`SHOWN`, the longest silent before all."""
    total: int
    silent: int
    """How many have no reading of the last minutes."""
    capacity_kw: float
    """Of all together."""


class Moment(NamedTuple):
    """When the page is read, the local day of then (UTC), and what is published."""

    now: datetime
    day: Span
    seen: Published


def take(reader: Reader, installations: Sequence[Mapping[str, Any]], devices: Sequence[Device], at: Moment) -> Homes:
    """``installations`` with the states of their ``devices``; their energy is read of those alone that are shown."""
    of_home: dict[str, list[Device]] = {str(each["installation_id"]): [] for each in installations}
    for device in devices:
        of_home[device["installation_id"]].append(device)
    ages = {name: min((device["age_s"] for device in own), default=None) for name, own in of_home.items()}
    named = {str(each["installation_id"]): each for each in installations}
    shown = sorted(named, key=lambda name: _place(name, ages[name]))[:SHOWN]
    generated = merged.read_each(reader, shown, "generation", at.day, at.seen)
    return Homes(
        [
            _home(named[name], state.power(of_home[name], at.now), ages[name], values)
            for name, values in zip(shown, generated, strict=True)
        ],
        len(named),
        sum(state.freshness(age) != "live" for age in ages.values()),
        sum(each.get("capacity_kw") or 0.0 for each in installations),
    )


def total_wh(values: Sequence[Value]) -> float | None:
    """Their sum, None where there is none: nothing known is not zero."""
    return sum(round(value.energy_wh * 1000) for value in values) / 1000 if values else None


def _place(name: str, age_s: float | None) -> tuple[float, str]:
    """Sorts the longest silent first, and whoever is live by name."""
    if state.freshness(age_s) == "live":
        return 0.0, name
    return -(float("inf") if age_s is None else age_s), name


def _home(
    installation: Mapping[str, Any], power: Mapping[str, float], age_s: float | None, energies: list[Value]
) -> Home:
    return Home(
        str(installation["installation_id"]),
        str(installation.get("name") or installation["installation_id"]),
        installation.get("capacity_kw"),
        power,
        age_s,
        total_wh(energies),
    )
