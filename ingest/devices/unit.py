"""One device behind a Modbus link: its unit id and how long it may take for an answer."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from ingest.devices.device import TcpConnection
from ingest.devices.modbus import READ_HOLDING_REGISTERS, Link, ReadFunction


class ModbusConnection(TcpConnection):
    """The way to a unit behind a Modbus address."""

    transport: ClassVar[str] = "modbus"
    settle_seconds: ClassVar[float] = 0.0
    """Seconds that a device ignores requests after it took a connection."""

    unit: Annotated[int, Field(ge=0, le=255)] = 1

    def link(self) -> Link:
        """A link to the address."""
        return Link(self.host, self.port, self.settle_seconds)


class Unit:
    """The unit of ``link`` that ``connection`` names."""

    def __init__(self, link: Link, connection: ModbusConnection) -> None:
        self._link, self._number, self._timeout = link, connection.unit, connection.timeout_seconds

    async def read(self, address: int, count: int, function: ReadFunction = READ_HOLDING_REGISTERS) -> list[int]:
        """The registers, as :meth:`ingest.devices.modbus.Link.read` reads them."""
        return await self._link.read(self._number, address, count, self._timeout, function)

    def __str__(self) -> str:
        return f"{self._link}, unit {self._number}"
