"""The Modbus TCP server of the simulated devices: one listening address, one unit id a device."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from ingest.simulator import image
from ingest.simulator.clock import next_instant
from ingest.simulator.homes import Home
from ingest.simulator.plant import Plant

# pymodbus dumps its last ten packets when a client asks for a unit that is not there.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)

Values = Callable[[datetime], Mapping[str, float]]


class ShownDevice:
    """A device and the instant it shows. Reading its clock moves it on and latches every value at once."""

    def __init__(self, unit: int, model: int, length: int, values: Values, begin: datetime) -> None:
        self.unit, self.shown = unit, begin
        self._model, self._values = model, values
        self._blank = image.blank(model, length, serial=f"UNIT-{unit:03d}")

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
        if address <= image.TIME_ADDRESS < address + count:
            self.shown = next_instant(self.shown, datetime.now(timezone.utc))
            image.write(registers, self._model, self.shown, self._values(self.shown))
        return None


def devices(homes: Sequence[Home], begin: datetime) -> list[ShownDevice]:
    """Inverter (unit 2n - 1) and meter (unit 2n) of the n-th home, their clocks at ``begin`` (UTC)."""
    shown = []
    for number, home in enumerate(homes, start=1):
        plant = Plant(home)
        shown.append(ShownDevice(2 * number - 1, image.INVERTER, image.INVERTER_LENGTH, plant.inverter, begin))
        shown.append(ShownDevice(2 * number, image.METER, image.METER_LENGTH, plant.meter, begin))
    return shown


async def listen(shown: Sequence[ShownDevice], host: str, port: int) -> ModbusTcpServer:
    """Start serving on ``host:port`` in the running loop. Raises ``RuntimeError`` if the port is taken."""
    server = ModbusTcpServer([device.modbus() for device in shown], address=(host, port))
    await server.serve_forever(background=True)
    return server
