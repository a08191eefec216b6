"""``solera register``: adds or updates installations and their devices."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import typer

from conf import load_settings
from conf.writers import secret_file
from ingest.catalogue.file import read_catalogue
from ingest.catalogue.registration import check_zones, write_catalogue
from ingest.devices.registry import PROTOCOLS
from serving_layer.access.token import read_or_make
from speed_layer.recount import recount
from store import cassandra, schema
from store.catalogue import NOTICED_SECONDS

FILE_HELP = (
    "YAML or JSON: a list of installations with their devices. Protocols of a connection, each with fields of its own "
    f"(docs/devices.md): {', '.join(PROTOCOLS)}."
)


def register(
    file: Annotated[Path, typer.Argument(help=FILE_HELP)],
) -> None:
    """Add or update the installations and devices in FILE; sizes in kW, angles in degrees, IANA time zones.

    A file holds {installation_id, name, kind, latitude, longitude, time_zone, capacity_kw, tilt_deg, azimuth_deg,
    municipality_code, community_id, cups, cau, tariff, writer, contracts, devices: [{device_id, device_kind,
    capacity_kw, connection: {protocol, host, port, unit}}]}, or a list of them; leave out what you do not know, and
    write null to clear it. Another community_id or capacity_kw holds from now on; memberships: [{community_id, from,
    to}] and capacities: [{capacity_kw, from, to}] in their place say all of now and before (dates are local
    midnights). Devices that are not registered are refused unless takes_unknown_devices is true. Of an installation
    with a writer only what that gateway or service signs counts. Bills are made by the contracts: docs/money.md.

    Example: solera register homes.yaml
    """
    settings, entries = load_settings(), read_catalogue(file)
    check_zones(settings, entries)
    now = datetime.now(timezone.utc)
    with cassandra.session(settings) as session:
        schema.check(session)
        changed = write_catalogue(session, entries, now)
        if changed:
            time.sleep(NOTICED_SECONDS)
            recount(settings, session, changed, now)
    if changed:
        names = sorted({each.installation_id for each in changed})
        typer.echo(f"The next night totals {', '.join(names)} again: solera changes shows how much.")
    for writer in sorted({entry.writer for entry in entries if entry.writer}):
        path = secret_file(settings, writer)
        read_or_make(path)
        typer.echo(f"Writer {writer}: its secret is in {path}; give it to that gateway as SOLERA_WRITER__SECRET.")
    devices = sum(len(entry.devices) for entry in entries)
    typer.echo(f"Registered {len(entries)} installations and {devices} devices.")
