"""The walk along a SunSpec device's list of models, which a lost answer interrupts and the next poll takes up."""

from __future__ import annotations

from ingest.devices.device import DeviceError, NoConnectionError, RefusedError
from ingest.devices.modbus import ADDRESSES
from ingest.devices.sunspec_models import BASES, ENDS, MARK, Model
from ingest.devices.unit import Unit

MOST_MODELS = 100
PATIENCE = 3
"""Polls in a row without an answer at one place, after which the list is taken to end there."""
NO_SUCH_REGISTER = (1, 2, 3)
"""Modbus exceptions of a device that has nothing at an address: illegal function, address, value."""


class Walk:
    """Finds the models of ``unit``; those found so far are kept when an answer is lost."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._models: list[Model] = []
        self._address: int | None = None
        self._unanswered = 0

    async def models(self) -> list[Model]:
        """Every model in the order of the list; raises :class:`DeviceError` and goes on from there next time.

        The list ends at its end mark, where the device has no more registers, at the end of the address space, or
        after :data:`MOST_MODELS`: a model's length that is no length costs the models behind it, no other.
        """
        if self._address is None:
            self._address = await self._base() + len(MARK)
        while self._address + 2 <= ADDRESSES and len(self._models) < MOST_MODELS:
            try:
                identity, length = await self._unit.read(self._address, 2)
            except DeviceError as error:
                if self._is_end(error):
                    break
                raise
            self._unanswered = 0
            if identity in ENDS:
                break
            self._models.append(Model(identity, self._address, length))
            self._address += length + 2
        return self._models

    def _is_end(self, error: DeviceError) -> bool:
        if not self._models or isinstance(error, NoConnectionError):
            return False
        if isinstance(error, RefusedError) and error.code in NO_SUCH_REGISTER:
            return True
        self._unanswered += 1
        return self._unanswered >= PATIENCE

    async def _base(self) -> int:
        """The address of the mark. A base that is refused or not answered does not hide the others."""
        fault: DeviceError | None = None
        for base in BASES:
            try:
                if tuple(await self._unit.read(base, len(MARK))) == MARK:
                    return base
            except NoConnectionError:
                raise
            except DeviceError as error:
                if not isinstance(error, RefusedError) or error.code not in NO_SUCH_REGISTER:
                    fault = fault or error
        raise fault or DeviceError(f"{self._unit}: no SunSpec device: no mark at 40000, 0 or 50000")
