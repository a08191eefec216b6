"""The catalogue as the forecast sees it: where each installation stands, how large it is, whose part it is."""

from __future__ import annotations

from batch_layer.forecasting.features.site import Site
from conf import Settings
from store import cassandra
from store.catalogue import COMMUNITY, INSTALLATIONS


def read_sites(settings: Settings) -> tuple[dict[str, Site], dict[str, str]]:
    """Site of every installation (capacity in Wh an hour), and the community of each that is a member of one."""
    with cassandra.session(settings) as session:
        rows = list(session.execute(INSTALLATIONS))
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
    parts = {r.installation_id: r.community_id for r in rows if r.community_id and r.kind != COMMUNITY}
    return {key: _of_parts(key, site, sites, parts) for key, site in sites.items()}, parts


def _of_parts(key: str, site: Site, sites: dict[str, Site], parts: dict[str, str]) -> Site:
    """A community that was registered without a place or size has those of its members."""
    members = [sites[part] for part, whole in parts.items() if whole == key]
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
