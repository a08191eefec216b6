"""One SunSpec inverter or meter behind a Modbus link: finds its models, then reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from ingest.devices import sunspec_models
from ingest.devices.modbus import DeviceError, Link, NothingMeasuredError, RefusedError
from ingest.devices.sunspec_models import Fields, Model

MAX_MODELS = 100


class Measurement(NamedTuple):
    """What a device measured; ``time`` (UTC) where the device keeps a clock."""

    fields: Fields
    time: datetime | None


class SunSpecDevice:
    """Unit ``unit`` behind ``link``, read as an inverter or a meter."""

    def __init__(
        self,
        link: Link,
        unit: int,
        kind: Literal["inverter", "meter"],
        positive: Literal["import", "export"] = "import",
    ) -> None:
        self._link, self._unit, self._kind, self._positive = link, unit, kind, positive
        self._models: list[Model] = []

    async def measure(self) -> Measurement:
        """Read the device once. Raises :class:`DeviceError`, or :class:`NothingMeasuredError` at night."""
        if not self._models:
            self._models = self._choose(await self._scan())
        try:
            blocks = await self._read()
        except DeviceError:
            # The layout may have changed, as when a Fronius is switched between float and integer.
            self._models = []
            raise
        return self._decode(blocks)

    async def _scan(self) -> list[Model]:
        base = await self._base()
        models: list[Model] = []
        address = base + len(sunspec_models.MARK)
        while len(models) < MAX_MODELS:
            identity, length = await self._link.read(self._unit, address, 2)
            if identity == sunspec_models.END:
                return models
            models.append(Model(identity, address, length))
            address += length + 2
        raise DeviceError(f"{self}: its list of SunSpec models has no end")

    async def _base(self) -> int:
        for base in sunspec_models.BASES:
            try:
                if tuple(await self._link.read(self._unit, base, 2)) == sunspec_models.MARK:
                    return base
            except RefusedError:
                continue
        raise DeviceError(f"{self}: no SunSpec device: no mark at 40000, 0 or 50000")

    def _choose(self, found: Sequence[Model]) -> list[Model]:
        described = [m for m in found if m.id in sunspec_models.LAYOUTS]
        suitable = [m for m in described if (m.id in sunspec_models.METERS) == self._is_meter]
        if not suitable:
            listed = ", ".join(str(m.id) for m in found)
            raise DeviceError(f"{self}: no SunSpec {self._kind} model among {listed}")
        extra = (sunspec_models.CLOCK,) if self._is_meter else (sunspec_models.CLOCK, sunspec_models.STRINGS)
        return [suitable[0], *(m for m in found if m.id in extra)]

    @property
    def _is_meter(self) -> bool:
        return self._kind == "meter"

    async def _read(self) -> dict[int, list[int]]:
        memory: dict[int, int] = {}
        for address, length in sunspec_models.plan(self._models):
            registers = await self._link.read(self._unit, address, length)
            memory.update(enumerate(registers, start=address))
        blocks = {}
        for model in self._models:
            blocks[model.id] = [memory[model.address + at] for at in range(sunspec_models.needed(model))]
            if blocks[model.id][:2] != [model.id, model.length]:
                raise DeviceError(f"{self}: model {model.id} is no longer at {model.address}; looking again")
        return blocks

    def _decode(self, blocks: dict[int, list[int]]) -> Measurement:
        main = self._models[0].id
        if self._is_meter:
            fields = sunspec_models.meter(main, blocks[main], self._positive)
        else:
            fields = sunspec_models.inverter(main, blocks[main])
            if "dc_power_w" not in fields and sunspec_models.STRINGS in blocks:
                power = sunspec_models.strings_power_w(blocks[sunspec_models.STRINGS])
                fields |= {} if power is None else {"dc_power_w": power}
        if not fields.keys() - {"status", "status_code"}:
            state = fields.get("status", "no state given")
            raise NothingMeasuredError(f"{self}: answers, but measures nothing ({state})")
        time = sunspec_models.clock(blocks[sunspec_models.CLOCK]) if sunspec_models.CLOCK in blocks else None
        return Measurement(fields, time)

    def __str__(self) -> str:
        return f"{self._link}, unit {self._unit}"
