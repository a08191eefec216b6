"""The catalogue as the forecast sees it: where each installation stands, how large it is and was, whose part it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from batch_layer.forecasting.features.site import Site
from conf import Settings
from store import cassandra
from store.catalogue import INSTALLATIONS, load
from store.history import capacities
from store.history.memberships import Membership
from store.history.periods import Period, value_at

Sizes = Mapping[str, Sequence[Period[float]]]
"""Capacities in kW by installation."""


def read_sites(settings: Settings, at: datetime) -> tuple[dict[str, Site], tuple[Membership, ...]]:
    """Site of every installation ``at`` an instant (UTC), its capacity in Wh an hour, and all memberships."""
    with cassandra.session(settings) as session:
        rows = list(session.execute(INSTALLATIONS))
        known = load(settings, session)
        sizes = capacities.periods_by_installation(session.execute(capacities.CAPACITIES))
    sites = {
        r.installation_id: Site(
            r.latitude, r.longitude, None, r.tilt_deg, r.azimuth_deg, r.time_zone, r.municipality_code
        )
        for r in rows
    }
    for key, site in sites.items():
        own = [each for each in known.of_community(key) if each.installation_id in sites]
        first = next((sites[each.installation_id] for each in own if each.start <= at < each.end), None)
        placed = site if first is None else _placed(site, first)
        sites[key] = _sized(placed, sizes.get(key) or together(own, sizes), at)
    return sites, known.memberships


def _placed(site: Site, first: Site) -> Site:
    """A community that was registered without a place has that of its first member."""
    return replace(
        site,
        latitude=first.latitude if site.latitude is None else site.latitude,
        longitude=first.longitude if site.longitude is None else site.longitude,
        tilt=first.tilt if site.tilt is None else site.tilt,
        azimuth=first.azimuth if site.azimuth is None else site.azimuth,
        zone=site.zone or first.zone,
        location=site.location or first.location,
    )


def _sized(site: Site, sizes: Sequence[Period[float]], at: datetime) -> Site:
    now, edges = value_at(sizes, at), sorted({edge for each in sizes for edge in (each.start, each.end)})
    earlier = [
        (until, None if (kw := value_at(sizes, start)) is None else kw * 1000.0)
        for start, until in pairwise(edges)
        if until <= at
    ]
    return replace(site, capacity=None if now is None else now * 1000.0, earlier=tuple(earlier))


def together(memberships: Iterable[Membership], sizes: Sizes) -> list[Period[float]]:
    """The capacity of a community that has none of its own: the sum of its members' while they belong to it.

    Unknown where that of one of them is.
    """
    own = [*memberships]
    edges = {edge for each in own for edge in (each.start, each.end)}
    edges |= {edge for each in own for of in sizes.get(each.installation_id, ()) for edge in (of.start, of.end)}
    found = []
    for start, end in pairwise(sorted(edges)):
        parts = [value_at(sizes.get(of.installation_id, ()), start) for of in own if of.start <= start < of.end]
        known = [part for part in parts if part is not None]
        if parts and len(known) == len(parts):
            found.append(Period(sum(known), start, end))
    return found
