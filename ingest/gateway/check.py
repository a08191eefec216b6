"""Reads each device once and says what it found: values with their units, or the fault with its cure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import NamedTuple

from ingest.devices.device import (
    DeviceError,
    Fields,
    Measurement,
    NoAnswerError,
    NoConnectionError,
    NothingMeasuredError,
    RefusedError,
)
from ingest.devices.http import HttpConnection
from ingest.devices.register_map import RegisterMapConnection
from ingest.devices.registry import Device, Links, measurable
from ingest.gateway.polling.device_clock import at_first_sight, difference

WORDS = {
    "ac_power_w": ("power (AC)", "W"), "dc_power_w": ("power of the panels (DC)", "W"),
    "energy_total_wh": ("generated so far", "kWh"), "import_power_w": ("taken from the grid now", "W"),
    "export_power_w": ("given to the grid now", "W"), "import_total_wh": ("taken from the grid so far", "kWh"),
    "export_total_wh": ("given to the grid so far", "kWh"), "charge_power_w": ("charging with", "W"),
    "discharge_power_w": ("discharging with", "W"), "charge_total_wh": ("charged so far", "kWh"),
    "discharge_total_wh": ("discharged so far", "kWh"), "soc_pct": ("state of charge", "%"),
    "irradiance_w_m2": ("irradiance", "W/m²"), "module_temperature_c": ("temperature of the panels", "°C"),
    "ambient_temperature_c": ("temperature of the air", "°C"), "voltage_v": ("voltage", "V"),
    "current_a": ("current", "A"), "frequency_hz": ("frequency", "Hz"), "status": ("state", ""),
    "status_code": ("state, the maker's number", ""),
}  # fmt: skip
"""The meaning of each field of a reading, and its unit."""
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS = 1, 2
"""Modbus exceptions that say what is wrong."""


class Found(NamedTuple):
    """The answer of one device."""

    device: Device
    took_seconds: float
    at: datetime
    """The instant of its answer (UTC)."""
    measured: Measurement | None
    error: DeviceError | None

    @property
    def is_well(self) -> bool:
        """Whether it was read, or sleeps, as inverters do at night."""
        return self.error is None or isinstance(self.error, NothingMeasuredError)


async def check(devices: Sequence[Device]) -> list[Found]:
    """Read every device once, those of one address one after the other."""
    links = Links()
    try:
        return list(await asyncio.gather(*(_read(device, links) for device in devices)))
    finally:
        links.keep(())


async def _read(device: Device, links: Links) -> Found:
    begun = time.monotonic()
    measured, error = None, None
    try:
        measured = await measurable(device, links.of(device)).measure()
    except DeviceError as refusal:
        error = refusal
    return Found(device, time.monotonic() - begun, datetime.now(timezone.utc), measured, error)


def lines(found: Found) -> Iterator[str]:
    """The lines of it that a person reads."""
    connection = found.device.connection
    where = f"{connection.host}:{connection.port}"
    yield f"{found.device.name}: {found.device.device_kind}, {connection.protocol} at {where}"
    if found.measured is not None:
        yield from (f"  {line}" for line in values(found.measured.fields))
        yield f"  read in {found.took_seconds:.1f} s"
        look = at_first_sight if connection.dates_readings else difference
        if found.measured.time is not None and (fault := look(found.measured.time, found.at)):
            yield f"  ! {fault}"
        yield from (f"  ! {fault}" for fault in found.measured.faults)
    elif found.error is not None:
        yield f"  ! {found.error}"
        yield f"  > {cure(found.device, found.error)}"


def values(fields: Fields) -> Iterator[str]:
    """A line a value, in the order of :data:`WORDS`."""
    for name, (said, unit) in WORDS.items():
        value = fields.get(name)
        if value is None:
            continue
        if name.endswith("_total_wh"):
            value = float(value) / 1000
        number = f"{value:,.1f}" if isinstance(value, float) else str(value)
        yield f"{said:<28}{number:>14} {unit}".rstrip()


def cure(device: Device, error: DeviceError) -> str:
    """The advice to a person who meets ``error``."""
    connection = device.connection
    is_http = isinstance(connection, HttpConnection)
    if isinstance(error, NothingMeasuredError):
        return "It sleeps, or has nothing to say: normal for an inverter at night. Check it again by day."
    if isinstance(error, NoConnectionError):
        what = "Solar API" if is_http else "Modbus TCP"
        return (
            f"Is it switched on and on this network (ping {connection.host})? Is {what} enabled in its menu, and "
            f"{connection.port} its port? Some take one master at a time: close the maker's own program."
        )
    if isinstance(error, NoAnswerError):
        unit = "" if is_http else "Is the unit right (inverters 1, meters often 240 or 200, a GX 100)? "
        return f"It is there but does not answer. {unit}Does another program hold it? A slow one needs timeout_seconds."
    if isinstance(error, RefusedError):
        if error.code == ILLEGAL_ADDRESS:
            return "It has no such register: makers count from 1, so try the address less one; and look at the unit."
        if error.code == ILLEGAL_FUNCTION and isinstance(connection, RegisterMapConnection):
            return "It has no such registers: write `function: 4` where they are input registers, 3 for holding ones."
        if error.code == ILLEGAL_FUNCTION:
            return "It gives no holding registers, by which this protocol is read: try registers-tcp, `function: 4`."
        return "It refuses to answer now: ask again; where that stays, look at the unit and at its other masters."
    part = "number" if is_http else "unit"
    return f"It answers in another form: look at the protocol, the {part} and the kind of this device in the file."
