"""Any Modbus TCP device whose registers the catalogue describes: each field's address, type and factor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ingest.devices.device import (
    DeviceError,
    Fields,
    Measurement,
    NoConnectionError,
    RefusedError,
)
from ingest.devices.directed import MeasuredField, directed
from ingest.devices.modbus import ADDRESSES, READ_HOLDING_REGISTERS, Link, ReadFunction
from ingest.devices.ranges import measurement
from ingest.devices.registers import RegisterType, number, width
from ingest.devices.unit import ModbusConnection, Unit

GREATEST: Mapping[str, int] = {"int16": 0x7FFF, "int32": 0x7FFFFFFF, "int64": 0x7FFFFFFFFFFFFFFF}
"""Signed types: many makers write their greatest number where there is no value, and no device measures it."""
MOST_UNANSWERED = 2
"""Registers in a row without an answer, after which the rest is not asked for."""


class MappedRegister(BaseModel):
    """The register of a field: wire address, type, the factor that makes its unit of the raw value, the raw values
    that are the maker's "no value", beside SunSpec's and the greatest number of a signed type, and the function that
    reads it, where it is not its map's."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    address: Annotated[int, Field(ge=0, lt=ADDRESSES)]
    type: RegisterType
    factor: float = 1.0
    no_value: tuple[int, ...] = ()
    function: ReadFunction | None = None

    @model_validator(mode="after")
    def _within_the_address_space(self) -> MappedRegister:
        if self.address + width(self.type) > ADDRESSES:
            raise ValueError(f"{self.type} at {self.address} goes beyond the last register, {ADDRESSES - 1}")
        return self


class RegisterMapConnection(ModbusConnection):
    """Any Modbus TCP device whose maker documents its holding or input registers.

    A power that the maker signs stands under the field of its positive direction: ``import_power_w`` of -420 W is
    an export of 420 W.
    """

    protocol: Literal["registers-tcp"]
    word_order: Literal["big", "little"] = "big"
    function: ReadFunction = READ_HOLDING_REGISTERS
    registers: Annotated[dict[MeasuredField, MappedRegister], Field(min_length=1)]

    def open(self, link: Link, kind: str) -> MappedDevice:
        """The device over ``link``, whatever its kind."""
        return MappedDevice(link, self)


class MappedDevice:
    """The device that ``connection`` describes, behind ``link``."""

    def __init__(self, link: Link, connection: RegisterMapConnection) -> None:
        self._unit, self._connection = Unit(link, connection), connection

    async def measure(self) -> Measurement:
        """Read each register once; one that fails costs its field. Raises :class:`DeviceError` where none is read."""
        raw: dict[str, int | float | None] = {}
        faults: list[DeviceError] = []
        unanswered = 0
        for name, register in self._connection.registers.items():
            try:
                raw[name] = await self._raw(register)
                unanswered = 0
            except NoConnectionError:
                raise
            except RefusedError as error:
                faults.append(error)
            except DeviceError as error:
                faults.append(error)
                unanswered += 1
                if unanswered == MOST_UNANSWERED:
                    break
        if not raw:
            raise faults[0]
        said = [str(fault) for fault in faults]
        return measurement(self._unit, mapped_fields(self._connection, raw), None, said)

    async def _raw(self, register: MappedRegister) -> int | float | None:
        function = register.function or self._connection.function
        words = await self._unit.read(register.address, width(register.type), function)
        return number(words, 0, register.type, self._connection.word_order == "little")


def mapped_fields(connection: RegisterMapConnection, raw: Mapping[str, int | float | None]) -> Fields:
    """Fields of a reading from unscaled register values; one that holds no value is absent."""
    scaled: dict[str, float] = {}
    for name, register in connection.registers.items():
        value = raw.get(name)
        if value is None or value in register.no_value or value == GREATEST.get(register.type):
            continue
        scaled[name] = value if name == "status_code" else value * register.factor
    return directed(scaled, connection.registers)
