"""One SunSpec inverter or meter behind a Modbus link: finds its models, then reads them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ingest.devices import sunspec_models
from ingest.devices.device import (
    DeviceError,
    Measurement,
    NoConnectionError,
    NothingMeasuredError,
    RefusedError,
)
from ingest.devices.modbus import Link
from ingest.devices.ranges import measurement
from ingest.devices.sunspec_models import Model
from ingest.devices.sunspec_walk import Walk
from ingest.devices.unit import ModbusConnection, Unit

LOOK_AGAIN_SECONDS = 600.0
"""After so long the list of models is walked again, for one that was not there before."""


class SunSpecConnection(ModbusConnection):
    """A SunSpec inverter or meter. ``clock``: whose time a reading bears, the device's (model 122) or the
    gateway's; ``meter_sign``: the direction of a meter's positive power; ``number``: which of the inverters or
    meters of the unit it is, counted from 1."""

    kinds: ClassVar[tuple[str, ...]] = ("inverter", "meter")

    protocol: Literal["sunspec-tcp"]
    clock: Literal["device", "gateway"] = "gateway"
    meter_sign: Literal["import", "export"] = "import"
    number: Annotated[int, Field(ge=1, le=100)] = 1

    @property
    def dates_readings(self) -> bool:
        """Whether a reading bears the device's time instead of the gateway's."""
        return self.clock == "device"

    def open(self, link: Link, kind: str) -> SunSpecDevice:
        """The device of that kind over ``link``."""
        return SunSpecDevice(link, self, kind)


class SunSpecDevice:
    """The device that ``connection`` describes, read as an inverter or a meter."""

    def __init__(self, link: Link, connection: SunSpecConnection, kind: str) -> None:
        self._unit, self._connection, self._kind = Unit(link, connection), connection, kind
        self._walk = Walk(self._unit)
        self._models: list[Model] = []
        self._faults: tuple[str, ...] = ()
        self._looked = 0.0
        self._apart = False

    async def measure(self) -> Measurement:
        """Read the device once. Raises :class:`DeviceError`, or :class:`NothingMeasuredError` at night."""
        try:
            await self._look()
            return self._decode(await self._read())
        except NoConnectionError:
            self._forget()  # it may come back as another device
            raise

    async def _look(self) -> None:
        """Find the models; again after :data:`LOOK_AGAIN_SECONDS`, where what is known stays until then."""
        if self._models and time.monotonic() - self._looked < LOOK_AGAIN_SECONDS:
            return
        try:
            models = self._choose(await self._walk.models())
        except DeviceError:
            if not self._models:
                raise
        else:
            self._models, self._looked = models, time.monotonic()
            self._walk = Walk(self._unit)

    def _forget(self) -> None:
        self._models, self._walk = [], Walk(self._unit)

    def _choose(self, listed: Sequence[Model]) -> list[Model]:
        described = [m for m in listed if m.id in sunspec_models.LAYOUTS]
        suitable = [m for m in described if (m.id in sunspec_models.METERS) == self._is_meter]
        number = self._connection.number
        if len(suitable) < number:
            self._forget()
            numbers = ", ".join(str(m.id) for m in listed)
            which = f"no SunSpec {self._kind} model" if number == 1 else f"no {self._kind} number {number}"
            raise DeviceError(f"{self._unit}: {which} among {numbers}")
        others = len(suitable) - 1
        said = f"{self._unit}: holds {others + 1} {self._kind} models, of which number {number} is read"
        self._faults = (said,) if others and "number" not in self._connection.model_fields_set else ()
        extra = (sunspec_models.CLOCK,) if self._is_meter else (sunspec_models.CLOCK, sunspec_models.STRINGS)
        beside = {m.id: m for m in reversed(listed) if m.id in extra}
        return [suitable[number - 1], *beside.values()]

    @property
    def _is_meter(self) -> bool:
        return self._kind == "meter"

    async def _read(self) -> dict[int, list[int]]:
        """The words of each model, by its number; one that is not where it was is looked for at the next poll."""
        try:
            blocks = await (self._one_by_one() if self._apart else self._together())
        except NoConnectionError:
            raise
        except DeviceError as error:
            if isinstance(error, RefusedError) and self._apart:
                self._forget()
            self._apart = not self._apart
            raise
        for model in self._models:
            if model.id in blocks and blocks[model.id][:2] != [model.id, model.length]:
                self._forget()
                raise DeviceError(f"{self._unit}: model {model.id} is no longer at {model.address}; looking again")
        return blocks

    async def _together(self) -> dict[int, list[int]]:
        memory: dict[int, int] = {}
        for address, length in sunspec_models.plan(self._models):
            memory.update(enumerate(await self._unit.read(address, length), start=address))
        lengths = {model: sunspec_models.needed(model) for model in self._models}
        return {model.id: [memory[model.address + at] for at in range(length)] for model, length in lengths.items()}

    async def _one_by_one(self) -> dict[int, list[int]]:
        """A model beside the main one that can't be read costs itself alone."""
        main, *beside = self._models
        blocks = {main.id: await self._unit.read(main.address, sunspec_models.needed(main))}
        for model in beside:
            try:
                blocks[model.id] = await self._unit.read(model.address, sunspec_models.needed(model))
            except NoConnectionError:
                raise
            except DeviceError:
                continue
        return blocks

    def _decode(self, blocks: dict[int, list[int]]) -> Measurement:
        main = self._models[0].id
        if self._is_meter:
            fields = sunspec_models.meter(main, blocks[main], self._connection.meter_sign)
        else:
            fields = sunspec_models.inverter(main, blocks[main])
            if "dc_power_w" not in fields and sunspec_models.STRINGS in blocks:
                power = sunspec_models.strings_power_w(blocks[sunspec_models.STRINGS])
                fields |= {} if power is None else {"dc_power_w": power}
        instant = sunspec_models.clock(blocks.get(sunspec_models.CLOCK, []))
        try:
            return measurement(self._unit, fields, instant, self._faults)
        except NothingMeasuredError as error:
            # The first of several meters may be an empty slot.
            raise NothingMeasuredError("; ".join((str(error), *self._faults))) from None
