"""The protocols there are, and the devices of the catalogue that the gateway polls by them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple, get_args

from pydantic import Field, TypeAdapter

from ingest.devices.device import Closable, Measurable
from ingest.devices.fronius import FroniusConnection
from ingest.devices.huawei import HuaweiConnection
from ingest.devices.register_map import RegisterMapConnection
from ingest.devices.sunspec import SunSpecConnection
from ingest.devices.victron import VictronConnection

# The one list of protocols: each is a module with a connection that knows its kinds and opens its device.
Connection = Annotated[
    SunSpecConnection | FroniusConnection | HuaweiConnection | VictronConnection | RegisterMapConnection,
    Field(discriminator="protocol"),
]
"""The way to a device: the JSON in the catalogue's ``connection``, one shape a protocol."""
CONNECTION: TypeAdapter[Connection] = TypeAdapter(Connection)
PROTOCOLS: dict[str, tuple[str, ...]] = {
    get_args(each.model_fields["protocol"].annotation)[0]: each.kinds for each in get_args(get_args(Connection)[0])
}
"""The kinds of device that each protocol reads."""


class Device(NamedTuple):
    """A device of the catalogue that has a connection."""

    installation_id: str
    device_id: str
    device_kind: str
    connection: Connection
    place: tuple[float, float] | None = None
    """Degrees north and east, where the catalogue knows them."""

    @property
    def name(self) -> str:
        """``installation/device``: two installations may use one device id."""
        return f"{self.installation_id}/{self.device_id}"


def place_of(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    """The place of a device whose installation stands there (degrees); None where that is not known."""
    return None if latitude is None or longitude is None else (latitude, longitude)


def check_kind(device_kind: str, connection: Connection) -> None:
    """Raises ``ValueError`` if the protocol can't read devices of that kind."""
    if device_kind not in connection.kinds:
        raise ValueError(f"{connection.protocol} reads {' or '.join(connection.kinds)}, not a {device_kind}")


def measurable(device: Device, link: Any) -> Measurable:
    """The device as its protocol reads it, over a ``link`` of its connection's."""
    opened: Measurable = device.connection.open(link, device.device_kind)
    return opened


class Links:
    """The links to the addresses of devices, one an address."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str, int], Closable] = {}

    def __len__(self) -> int:
        return len(self._open)

    def of(self, device: Device) -> Closable:
        """The link that the device is behind."""
        address = device.connection.address
        if address not in self._open:
            self._open[address] = device.connection.link()
        return self._open[address]

    def keep(self, devices: Iterable[Device]) -> None:
        """Close all but those of ``devices``."""
        used = {device.connection.address for device in devices}
        for address in self._open.keys() - used:
            self._open.pop(address).close()
