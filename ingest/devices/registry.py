"""The protocols there are, and the devices of the catalogue that the gateway polls by them."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from pydantic import Field, TypeAdapter, ValidationError

from ingest.devices.device import Measurable
from ingest.devices.huawei import HuaweiConnection
from ingest.devices.modbus import Link
from ingest.devices.register_map import RegisterMapConnection
from ingest.devices.sunspec import SunSpecConnection
from store.catalogue import DEVICES

# The one list of protocols: each is a module with a connection that knows its kinds and opens its device.
Connection = Annotated[SunSpecConnection | HuaweiConnection | RegisterMapConnection, Field(discriminator="protocol")]
"""The way to a device: the JSON in the catalogue's ``connection``, one shape a protocol."""
CONNECTION: TypeAdapter[Connection] = TypeAdapter(Connection)


class Device(NamedTuple):
    """A device of the catalogue that has a connection."""

    installation_id: str
    device_id: str
    device_kind: str
    connection: Connection

    @property
    def name(self) -> str:
        """``installation/device``: two installations may use one device id."""
        return f"{self.installation_id}/{self.device_id}"


def catalogued(session: Any) -> tuple[list[Device], dict[str, str]]:
    """Devices with a connection from table ``device``; and by the others' names, why one can't be polled."""
    devices: list[Device] = []
    unusable: dict[str, str] = {}
    for row in session.execute(DEVICES, timeout=10):
        if row.connection is None:
            continue
        name = f"{row.installation_id}/{row.device_id}"
        try:
            connection = CONNECTION.validate_json(row.connection)
            check_kind(row.device_kind, connection)
            devices.append(Device(row.installation_id, row.device_id, row.device_kind, connection))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            unusable[name] = f"connection: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        except ValueError as error:
            unusable[name] = str(error)
    return devices, unusable


def check_kind(device_kind: str, connection: Connection) -> None:
    """Raises ``ValueError`` if the protocol can't read devices of that kind."""
    if device_kind not in connection.kinds:
        raise ValueError(f"{connection.protocol} reads {' or '.join(connection.kinds)}, not a {device_kind}")


def open_link(device: Device) -> Link:
    """A connection to the address the device is behind."""
    connection = device.connection
    return Link(connection.host, connection.port, connection.settle_seconds)


def measurable(device: Device, link: Link) -> Measurable:
    """The device as its protocol reads it, over ``link``."""
    return device.connection.open(link, device.device_kind)
