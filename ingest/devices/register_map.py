"""Any Modbus TCP device whose registers the catalogue describes: each field's address, type and factor."""

from __future__ import annotations

from ingest.devices.connection import RegisterMapConnection
from ingest.devices.modbus import Link, NothingMeasuredError
from ingest.devices.registers import number, width
from ingest.devices.sunspec import Measurement
from ingest.devices.sunspec_models import Fields


class MappedDevice:
    """The device that ``connection`` describes, behind ``link``."""

    def __init__(self, link: Link, connection: RegisterMapConnection) -> None:
        self._link, self._connection = link, connection

    async def measure(self) -> Measurement:
        """Read each register once. Raises :class:`ingest.devices.modbus.DeviceError`."""
        fields: Fields = {}
        low_word_first = self._connection.word_order == "little"
        for name, register in self._connection.registers.items():
            found = await self._link.read(self._connection.unit, register.address, width(register.type))
            raw = number(found, 0, register.type, low_word_first)
            if raw is not None:
                fields[name] = int(raw) if name == "status_code" else raw * register.factor
        if not fields:
            raise NothingMeasuredError(f"{self._link}, unit {self._connection.unit}: measures nothing")
        return Measurement(fields, None)
