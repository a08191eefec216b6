"""One device behind a link: its Modbus unit id and how long it may take for an answer."""

from __future__ import annotations

from ingest.devices.device import TcpConnection
from ingest.devices.modbus import Link


class Unit:
    """The unit of ``link`` that ``connection`` names."""

    def __init__(self, link: Link, connection: TcpConnection) -> None:
        self._link, self._number, self._timeout = link, connection.unit, connection.timeout_seconds

    async def read(self, address: int, count: int) -> list[int]:
        """As :meth:`ingest.devices.modbus.Link.read`."""
        return await self._link.read(self._number, address, count, self._timeout)

    def __str__(self) -> str:
        return f"{self._link}, unit {self._number}"
