"""The catalogue as the forecast sees it: where each installation stands, how large it is, whose part it is and was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from batch_layer.forecasting.features.site import Site
from conf import Settings
from store import cassandra
from store.catalogue import INSTALLATIONS, load
from store.history.memberships import Membership


def read_sites(settings: Settings, at: datetime) -> tuple[dict[str, Site], tuple[Membership, ...]]:
    """Site of every installation ``at`` an instant (UTC), its capacity in Wh an hour, and all memberships."""
    with cassandra.session(settings) as session:
        rows = list(session.execute(INSTALLATIONS))
        memberships = load(settings, session).memberships
    sites = {
        r.installation_id: Site(
            r.latitude,
            r.longitude,
            None if r.capacity_kw is None else r.capacity_kw * 1000.0,
            r.tilt_deg,
            r.azimuth_deg,
            r.time_zone,
            r.municipality_code,
        )
        for r in rows
    }
    members: dict[str, list[Site]] = {}
    for each in memberships:
        if each.start <= at < each.end and each.installation_id in sites:
            members.setdefault(each.community_id, []).append(sites[each.installation_id])
    return {key: _of_parts(site, members.get(key, ())) for key, site in sites.items()}, memberships


def _of_parts(site: Site, members: Sequence[Site]) -> Site:
    """A community that was registered without a place or size has those of its members."""
    if not members:
        return site
    sizes = [member.capacity for member in members]
    first = members[0]
    return Site(
        first.latitude if site.latitude is None else site.latitude,
        first.longitude if site.longitude is None else site.longitude,
        sum(s for s in sizes if s is not None) if site.capacity is None and None not in sizes else site.capacity,
        first.tilt if site.tilt is None else site.tilt,
        first.azimuth if site.azimuth is None else site.azimuth,
        site.zone or first.zone,
        site.location or first.location,
    )
