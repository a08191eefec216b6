"""The devices the gateway polls: read from the catalogue, and each made ready to be measured."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, cast

from pydantic import ValidationError

from ingest.devices.connection import CONNECTION, Connection, HuaweiConnection, RegisterMapConnection
from ingest.devices.huawei import SETTLE_SECONDS, HuaweiDevice
from ingest.devices.huawei import Kind as HuaweiKind
from ingest.devices.modbus import Link
from ingest.devices.register_map import MappedDevice
from ingest.devices.sunspec import Measurement, SunSpecDevice
from store.catalogue import DEVICES


class Device(NamedTuple):
    """A device of the catalogue that has a connection."""

    installation_id: str
    device_id: str
    device_kind: str
    connection: Connection


class Measurable(Protocol):
    """Anything that can be measured."""

    async def measure(self) -> Measurement:
        """Read it once; raises :class:`ingest.devices.modbus.DeviceError`."""
        ...


def catalogued(session: Any) -> tuple[list[Device], dict[str, str]]:
    """Devices with a connection from table ``device``; and by device id, why one can't be polled."""
    devices: list[Device] = []
    unusable: dict[str, str] = {}
    for row in session.execute(DEVICES, timeout=10):
        if row.connection is None:
            continue
        try:
            connection = CONNECTION.validate_json(row.connection)
            device = Device(row.installation_id, row.device_id, row.device_kind, connection)
            check_kind(device.device_kind, connection)
            devices.append(device)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            unusable[row.device_id] = f"connection: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        except ValueError as error:
            unusable[row.device_id] = str(error)
    return devices, unusable


def check_kind(device_kind: str, connection: Connection) -> None:
    """Raises ``ValueError`` if the protocol can't read devices of that kind."""
    kinds = {"sunspec-tcp": ("inverter", "meter"), "huawei-tcp": ("inverter", "meter", "battery")}
    possible = kinds.get(connection.protocol)
    if possible and device_kind not in possible:
        raise ValueError(f"{connection.protocol} reads {' or '.join(possible)}, not a {device_kind}")


def open_link(device: Device) -> Link:
    """A connection to the address the device is behind."""
    huawei = isinstance(device.connection, HuaweiConnection)
    return Link(device.connection.host, device.connection.port, SETTLE_SECONDS if huawei else 0.0)


def measurable(device: Device, link: Link) -> Measurable:
    """The device as its protocol reads it, over ``link``."""
    connection = device.connection
    if isinstance(connection, HuaweiConnection):
        return HuaweiDevice(link, connection.unit, cast(HuaweiKind, device.device_kind))
    if isinstance(connection, RegisterMapConnection):
        return MappedDevice(link, connection)
    kind = cast(Any, device.device_kind)
    return SunSpecDevice(link, connection.unit, kind, connection.meter_sign)
