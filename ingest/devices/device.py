"""Shared by every protocol: the connection to a device, a measurement, and the errors in its place."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field

from conf.refusal import Refusal

Fields = dict[str, float | int | str]
"""Fields of a ``readings`` record, named as in :class:`energy.records.Reading`."""
Port = Annotated[int, Field(ge=1, le=65535)]
TIMEOUT_SECONDS = 3.0
"""Seconds that a device may take for an answer, where its connection says nothing else."""


class DeviceError(Refusal):
    """A device could not be read; the text says why."""


class NoConnectionError(DeviceError):
    """Nothing takes a connection at the device's address."""


class NoAnswerError(DeviceError):
    """The connection is taken, and the question is not answered."""


class NothingMeasuredError(DeviceError):
    """The device answers but has no value, as inverters do at night."""


class RefusedError(DeviceError):
    """The device answered with a Modbus exception; ``code`` is the exception's."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class Measurement(NamedTuple):
    """The values that a device measured at one moment."""

    fields: Fields
    time: datetime | None = None
    """The device's own time (UTC), where it keeps one."""
    faults: tuple[str, ...] = ()
    """A sentence on each value that could not be read."""


class Measurable(Protocol):
    """A device that can be read."""

    async def measure(self) -> Measurement:
        """Read it once; raises :class:`DeviceError`."""
        ...


class Closable(Protocol):
    """A link to an address, which several devices may be behind."""

    def close(self) -> None:
        """Drop the connection."""
        ...


class TcpConnection(BaseModel):
    """The address of a device: the part of the catalogue's ``connection`` that every protocol has."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    kinds: ClassVar[tuple[str, ...]] = ("inverter", "meter", "battery", "weather_station")
    """Kinds of device that the protocol can read."""
    transport: ClassVar[str]
    """The transport that its link speaks."""

    host: Annotated[str, Field(min_length=1)]
    port: Port = 502
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] | None = None
    """Seconds that the device may take for an answer; default :data:`TIMEOUT_SECONDS`."""

    @property
    def address(self) -> tuple[str, str, int]:
        """The address of its link: devices of one address share it."""
        return self.transport, self.host, self.port

    @property
    def dates_readings(self) -> bool:
        """Whether a reading bears the device's time instead of the gateway's."""
        return False
