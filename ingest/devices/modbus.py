"""Modbus TCP, read-only by construction: the one thing a link can do is read holding registers.

Modbus has no authentication, so a link also refuses to put any other function code on the wire.
"""

from __future__ import annotations

import asyncio
import logging

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from conf.refusal import Refusal

READ_HOLDING_REGISTERS = 3
TIMEOUT_SECONDS = 3.0
# The gateway says in its own words, once, what pymodbus would log at every attempt.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)


class DeviceError(Refusal):
    """A device could not be read; the text says why."""


class NothingMeasuredError(DeviceError):
    """The device answers but has no value, as inverters do at night."""


class RefusedError(DeviceError):
    """The device answered with a Modbus exception: it has no such register or unit."""


class Link:
    """A TCP connection to ``host:port``, shared by the units behind it; requests go one at a time."""

    def __init__(self, host: str, port: int, settle_seconds: float = 0.0) -> None:
        self.host, self.port = host, port
        self._settle_seconds = settle_seconds
        self._lock = asyncio.Lock()
        self._client = AsyncModbusTcpClient(
            host, port=port, timeout=TIMEOUT_SECONDS, retries=0, reconnect_delay=0, trace_pdu=_only_reads
        )

    async def read(self, unit: int, address: int, count: int) -> list[int]:
        """``count`` (at most 125) holding registers of ``unit`` from wire address ``address`` on.

        Raises :class:`RefusedError` or :class:`DeviceError`.
        """
        async with self._lock:
            try:
                await self._connect()
                answer = await self._client.read_holding_registers(address, count=count, device_id=unit)
            except (ModbusException, OSError) as error:
                # A late answer to this request must not be taken for the next one's.
                self._client.close()
                raise DeviceError(f"{self}, unit {unit}: no answer: {error}") from None
        if answer.isError():
            raise RefusedError(f"{self}, unit {unit}: refused registers {address} to {address + count - 1}: {answer}")
        if len(answer.registers) != count:
            raise DeviceError(f"{self}, unit {unit}: sent {len(answer.registers)} of {count} registers")
        return list(answer.registers)

    async def _connect(self) -> None:
        if self._client.connected:
            return
        if not await self._client.connect():
            raise DeviceError(f"{self}: no connection; is the device on, and the address right?")
        await asyncio.sleep(self._settle_seconds)

    def close(self) -> None:
        """Drop the connection."""
        self._client.close()

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def _only_reads(sending: bool, pdu: ModbusPDU) -> ModbusPDU:
    if sending and pdu.function_code != READ_HOLDING_REGISTERS:
        raise PermissionError(f"function code {pdu.function_code} is never sent: this client only reads")
    return pdu
