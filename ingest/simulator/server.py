"""The Modbus TCP server of the simulated devices: one listening address, one unit id a device."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.server.requesthandler import ServerRequestHandler
from pymodbus.simulator import DataType, SimData, SimDevice

from ingest.simulator import image
from ingest.simulator.clock import WallSteps
from ingest.simulator.homes import Home
from ingest.simulator.peer import is_foreign
from ingest.simulator.plant import Plant

# pymodbus dumps its last ten packets when a client asks for a unit that is not there.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)

ENTRY_SECONDS = 0.05
Values = Callable[[datetime], Mapping[str, float]]


class Steps(Protocol):
    """The instants that a device shows, one after the other."""

    begin: datetime
    """Before the first."""

    def following(self, last: datetime) -> datetime:
        """The instant to show now after ``last``; itself where it is shown on."""
        ...

    def is_log_entry(self, instant: datetime) -> bool:
        """Whether ``instant`` is to be shown until somebody has read it."""
        ...


class ShownDevice:
    """A device and the instant it shows; every value is latched at once when that moves on.

    Time moves it, not being read: one that hands out its log shows each entry for :data:`ENTRY_SECONDS` from when it
    was first read, so that several masters see each, and one that starts late misses none.
    """

    def __init__(self, unit: int, shape: image.Shape, values: Values, steps: Steps) -> None:
        self.unit, self.shown = unit, steps.begin
        self._shape, self._values, self._steps = shape, values, steps
        self._blank = image.blank(shape, serial=f"UNIT-{unit:03d}")
        self._first_read: float | None = None
        self._is_blank = True

    def modbus(self) -> SimDevice:
        """The device as pymodbus serves it; nothing can be written to it."""
        data = SimData(image.BASE, values=self._blank, datatype=DataType.REGISTERS, readonly=True)
        return SimDevice(id=self.unit, simdata=[data], action=self._before_answer)

    async def _before_answer(
        self,
        _function: int,
        _start: int,
        address: int,
        count: int,
        registers: list[int],
        _written: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        reads_clock = address <= image.TIME_ADDRESS < address + count
        then = self._steps.following(self.shown)
        if then != self.shown and self._is_due(then, reads_clock):
            self.shown, self._first_read, self._is_blank = then, None, False
            image.write(registers, self._shape, self.shown, self._values(self.shown))
        if reads_clock and self._first_read is None:
            self._first_read = time.monotonic()
        return None

    def _is_due(self, then: datetime, reads_clock: bool) -> bool:
        if self._is_blank or not self._steps.is_log_entry(then):
            return True
        was_read = self._first_read is not None and time.monotonic() - self._first_read >= ENTRY_SECONDS
        return reads_clock and was_read


class _Handler(ServerRequestHandler):
    """One connection, closed unless its program is of whoever runs the simulator."""

    def callback_connected(self) -> None:
        super().callback_connected()
        ends = self.transport.get_extra_info("peername"), self.transport.get_extra_info("sockname")
        if is_foreign(*ends):
            self.close()


class _Server(ModbusTcpServer):
    def callback_new_connection(self) -> _Handler:
        return _Handler(self, self.trace_packet, self.trace_pdu, self.trace_connect)  # type: ignore[no-untyped-call]


def devices(homes: Sequence[Home], begin: datetime) -> list[ShownDevice]:
    """Inverter (unit 2n - 1) and meter (unit 2n) of the n-th home, their clocks at ``begin`` (UTC)."""
    shown = []
    for number, home in enumerate(homes, start=1):
        plant = Plant(home)
        shown.append(ShownDevice(2 * number - 1, image.INVERTER, plant.inverter, WallSteps(begin)))
        shown.append(ShownDevice(2 * number, image.METER, plant.meter, WallSteps(begin)))
    return shown


async def listen(shown: Sequence[ShownDevice], host: str, port: int) -> ModbusTcpServer:
    """Start serving on ``host:port`` in the running loop. Raises ``RuntimeError`` if the port is taken."""
    server = _Server([device.modbus() for device in shown], address=(host, port))
    await server.serve_forever(background=True)
    return server
