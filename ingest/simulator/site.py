"""The devices of a site's file, simulated: each inverter and meter as a SunSpec unit of one address on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from math import radians, sin
from typing import Any

from energy.sun.elevation import elevation
from ingest.catalogue.entries import InstallationEntry
from ingest.devices.registry import CONNECTION, Device
from ingest.simulator.clock import WallSteps
from ingest.simulator.doors.sunspec import MOST_UNITS, SHAPES, TooManyDevices
from ingest.simulator.homes import CYCLE_HOURS, CYCLE_START, Home
from ingest.simulator.place import place
from ingest.simulator.plant import Plant
from ingest.simulator.server import ShownDevice, Values, listen

HOST = "127.0.0.1"
CAPACITY_KW, CLEAR_SHARE, USED_SHARE = 5.0, 0.8, 0.15
"""A capacity where none is stated; what a clear noon gives of it, and what is used of it all day, as shares."""
_MWH_OF_KWH = 1_000_000


@asynccontextmanager
async def simulated(entries: Sequence[InstallationEntry]) -> AsyncIterator[list[Device]]:
    """The devices of ``entries`` that have a connection, at a free port of loopback instead of their own address.

    Those of other kinds than :data:`SHAPES` are left out. Raises ``TooManyDevices``.
    """
    begin = datetime.now(timezone.utc) - timedelta(seconds=1)
    found = [
        (entry, plants, its)
        for entry in entries
        for plants in (_plants(entry),)
        for its in entry.devices
        if its.connection is not None and its.device_kind in SHAPES
    ]
    if len(found) > MOST_UNITS:
        raise TooManyDevices(f"{len(found)} devices are more than the {MOST_UNITS} units of one Modbus address")
    shown = [
        ShownDevice(unit, SHAPES[its.device_kind], plants[its.device_kind], WallSteps(begin))
        for unit, (_, plants, its) in enumerate(found, start=1)
    ]
    server = await listen(shown, HOST, 0)
    port = server.transport.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    try:
        yield [
            Device(entry.installation_id, its.device_id, its.device_kind, _connection(port, unit))
            for unit, (entry, _, its) in enumerate(found, start=1)
        ]
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


def _connection(port: int, unit: int) -> Any:
    return CONNECTION.validate_python({"protocol": "sunspec-tcp", "host": HOST, "port": port, "unit": unit})


def _plants(entry: InstallationEntry) -> dict[str, Values]:
    """Values of each of its inverters, for they are alike, and of its meter."""
    inverters = sum(each.device_kind == "inverter" for each in entry.devices)
    at = place(entry)
    hours = [CYCLE_START + timedelta(hours=number, minutes=30) for number in range(CYCLE_HOURS)]
    whole = (entry.capacity_kw or CAPACITY_KW) * _MWH_OF_KWH
    clear = CLEAR_SHARE * whole if inverters else 0.0
    generation = [round(clear * max(sin(radians(elevation(hour, *at))), 0.0)) for hour in hours]
    consumption = [round(USED_SHARE * whole)] * CYCLE_HOURS

    def plant(share: int) -> Plant:
        return Plant(
            Home(entry.installation_id, entry.installation_id, whole, [mwh // share for mwh in generation], consumption)
        )

    return {"inverter": plant(max(inverters, 1)).inverter, "meter": plant(1).meter}
