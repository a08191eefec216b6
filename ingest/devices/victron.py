"""Victron GX: its system (unit 100), and the meters, PV inverters and batteries that it shows as units of their own.

Addresses and scales are those of Victron's "CCGX Modbus TCP register list". The system states powers, the other units
registers of energy as well. A value that the GX does not have is the greatest number of its type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from ingest.devices.device import Fields, Measurement, NoConnectionError, RefusedError
from ingest.devices.directed import signed
from ingest.devices.modbus import Link
from ingest.devices.ranges import measurement
from ingest.devices.registers import INVALID, RegisterType, number, width
from ingest.devices.unit import ModbusConnection, Unit

SYSTEM_UNIT = 100


class Values(NamedTuple):
    """Values of one type side by side from an address on, whose sum is divided by ``divisor``."""

    address: int
    kind: RegisterType
    divisor: float = 1.0
    number: int = 1

    @property
    def words(self) -> int:
        """Registers that they take."""
        return self.number * width(self.kind)


_KWH_100, _KWH_10 = 0.1, 0.01
"""Divisors that make Wh of hundredths and tenths of a kWh."""
Part = Mapping[str, tuple[Values, ...]]
SYSTEM: Mapping[str, Part] = {
    # AC-coupled at output, grid side and genset, three phases each; then DC-coupled.
    "inverter": {"ac_power_w": (Values(808, "uint16", number=9), Values(850, "uint16")),
                 "dc_power_w": (Values(850, "uint16"),)},
    "meter": {"power_w": (Values(820, "int16", number=3),)},
    "battery": {"voltage_v": (Values(840, "uint16", 10),), "current_a": (Values(841, "int16", 10),),
                "power_w": (Values(842, "int16"),), "soc_pct": (Values(843, "uint16"),)},
}  # fmt: skip
SERVICE: Mapping[str, Part] = {
    "inverter": {"ac_power_w": (Values(1052, "int32"),), "voltage_v": (Values(1027, "uint16", 10),),
                 "energy_total_wh": (Values(1046, "uint32", _KWH_100, 3),)},
    "meter": {"power_w": (Values(2600, "int16", number=3),), "voltage_v": (Values(2616, "uint16", 10),),
              "import_total_wh": (Values(2634, "uint32", _KWH_100),),
              "export_total_wh": (Values(2636, "uint32", _KWH_100),)},
    "battery": {"power_w": (Values(258, "int16"),), "voltage_v": (Values(259, "uint16", 100),),
                "current_a": (Values(261, "int16", 10),), "soc_pct": (Values(266, "uint16", 10),),
                "discharge_total_wh": (Values(301, "uint16", _KWH_10),),
                "charge_total_wh": (Values(302, "uint16", _KWH_10),)},
}  # fmt: skip
_POSITIVE = {"meter": "import_power_w", "battery": "charge_power_w"}
"""The field of a positive power, by kind of device."""


class VictronConnection(ModbusConnection):
    """A part of the installation behind a GX, by the device's kind: of its system, or the ``unit`` it is shown as."""

    kinds: ClassVar[tuple[str, ...]] = ("inverter", "meter", "battery")

    protocol: Literal["victron-tcp"]
    unit: Annotated[int, Field(ge=0, le=255)] = SYSTEM_UNIT

    def open(self, link: Link, kind: str) -> VictronDevice:
        """The device of that kind over ``link``."""
        return VictronDevice(link, self, kind)


class VictronDevice:
    """The ``kind`` part of what ``connection`` describes."""

    def __init__(self, link: Link, connection: VictronConnection, kind: str) -> None:
        self._unit, self._kind = Unit(link, connection), kind
        self._part = (SYSTEM if connection.unit == SYSTEM_UNIT else SERVICE)[kind]

    async def measure(self) -> Measurement:
        """Read it once; a value that the GX refuses costs itself. Raises :class:`ingest.devices.device.DeviceError`."""
        read: dict[Values, float | None] = {}
        refused: list[RefusedError] = []
        for values in dict.fromkeys(each for parts in self._part.values() for each in parts):
            try:
                words = await self._unit.read(values.address, values.words)
            except NoConnectionError:
                raise
            except RefusedError as error:
                refused.append(error)
            else:
                read[values] = sum_of(values, words)
        if not read:
            raise refused[0]
        return measurement(self._unit, decode(self._kind, self._part, read), None, [str(error) for error in refused])


def sum_of(values: Values, words: list[int]) -> float | None:
    """The scaled sum of those that the device has; None where it has none."""
    raw = [number(words, at * width(values.kind), values.kind) for at in range(values.number)]
    held = [each for each in raw if each is not None and each != INVALID[values.kind]]
    return sum(held) / values.divisor if held else None


def decode(kind: str, part: Part, read: Mapping[Values, float | None]) -> Fields:
    """Fields of a reading from what was ``read``; one of which nothing is there is absent."""
    fields: Fields = {}
    for name, parts in part.items():
        held = [value for each in parts if (value := read.get(each)) is not None]
        if held:
            fields[name] = float(sum(held))
    power = fields.pop("power_w", None)
    if isinstance(power, float):
        fields |= signed(_POSITIVE[kind], power)
    return fields
