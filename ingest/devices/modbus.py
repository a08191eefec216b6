"""Modbus TCP, read-only by construction: all a link can do is read holding or input registers.

Modbus has no authentication, so a link also refuses to put any other function code on the wire.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Literal

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.constants import ExcCodes
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from ingest.devices import device
from ingest.devices.device import DeviceError, NoAnswerError, NoConnectionError, RefusedError

ReadFunction = Literal[3, 4]
"""Function code of a read: 3 of holding registers, 4 of input registers."""
READ_HOLDING_REGISTERS: ReadFunction = 3
READ_INPUT_REGISTERS: ReadFunction = 4
MAX_READ = 125
"""Registers one request may ask for."""
ADDRESSES = 0x10000
CONNECT_SECONDS = 3.0
LONGEST_TIMEOUT_SECONDS = 60.0
TRIES = 2
"""A lost answer is asked for once more; a device that is off must not hold its neighbours' link for long."""
BUSY_SECONDS = 0.2
BUSY: Mapping[int, str] = {
    ExcCodes.ACKNOWLEDGE: "it is at work on a long command",
    ExcCodes.DEVICE_BUSY: "it is busy",
    ExcCodes.GATEWAY_PATH_UNAVIABLE: "its gateway has no path to the unit",
    ExcCodes.GATEWAY_NO_RESPONSE: "the unit does not answer its gateway",
}
"""Exceptions that pass: the same request may be answered a moment later."""
UNREACHABLE = (ExcCodes.GATEWAY_PATH_UNAVIABLE, ExcCodes.GATEWAY_NO_RESPONSE)
"""Exceptions by which another answers for a unit that does not."""
# The gateway says in its own words, once, what pymodbus would log at every attempt.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)


class Link:
    """A TCP connection to ``host:port``, shared by the units behind it; requests go one at a time."""

    def __init__(self, host: str, port: int, settle_seconds: float = 0.0) -> None:
        self.host, self.port = host, port
        self._settle_seconds = settle_seconds
        self._lock = asyncio.Lock()
        self._closed: asyncio.Future[None] | None = None
        self._client = AsyncModbusTcpClient(
            host,
            port=port,
            timeout=LONGEST_TIMEOUT_SECONDS,
            retries=0,
            reconnect_delay=0,
            trace_pdu=_only_reads,
            trace_connect=self._on_connection,
        )

    async def read(
        self,
        unit: int,
        address: int,
        count: int,
        timeout_seconds: float | None = None,
        function: ReadFunction = READ_HOLDING_REGISTERS,
    ) -> list[int]:
        """``count`` (at most :data:`MAX_READ`) registers of ``unit`` from wire address ``address`` on.

        Each answer is waited for ``timeout_seconds``, without one :data:`ingest.devices.device.TIMEOUT_SECONDS`; a
        request that is lost, or met a busy device, is sent :data:`TRIES` times. Raises :class:`RefusedError`,
        :class:`NoConnectionError` or :class:`DeviceError`.
        """
        if count < 1 or count > MAX_READ or address < 0 or address + count > ADDRESSES:
            raise DeviceError(f"{self}, unit {unit}: there are no registers {address} to {address + count - 1}")
        wait = device.TIMEOUT_SECONDS if timeout_seconds is None else timeout_seconds
        for _ in range(TRIES - 1):
            try:
                return await self._read_once(unit, address, count, wait, function)
            except NoConnectionError:
                raise
            except RefusedError as error:
                if error.code not in BUSY:
                    raise
                await asyncio.sleep(BUSY_SECONDS)
            except DeviceError:
                continue
        return await self._read_once(unit, address, count, wait, function)

    async def _read_once(self, unit: int, address: int, count: int, wait: float, function: ReadFunction) -> list[int]:
        async with self._lock:
            try:
                await self._connect(wait)
                answer = await self._answer(unit, address, count, wait, function)
            except BaseException:
                # A late answer to this request must not be taken for the next one's.
                self._client.close()
                raise
        if answer.isError():
            code = int(answer.exception_code)
            said = f"Modbus exception {code}" + (f": {BUSY[code]}" if code in BUSY else "")
            raise RefusedError(
                f"{self}, unit {unit}: refused registers {address} to {address + count - 1} ({said})", code
            )
        if len(answer.registers) != count:
            raise DeviceError(f"{self}, unit {unit}: sent {len(answer.registers)} of {count} registers")
        return list(answer.registers)

    async def _answer(self, unit: int, address: int, count: int, wait: float, function: ReadFunction) -> ModbusPDU:
        """The answer; pymodbus itself would wait on when the device closes the link instead."""
        closed = self._closed = asyncio.get_running_loop().create_future()
        client = self._client
        ask = client.read_input_registers if function == READ_INPUT_REGISTERS else client.read_holding_registers
        asking: asyncio.Future[ModbusPDU] = asyncio.ensure_future(ask(address, count=count, device_id=unit))
        try:
            parts: set[asyncio.Future[Any]] = {asking, closed}
            await asyncio.wait(parts, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            if closed.done() and not asking.done():
                # The answer may have come just before the end of the link.
                await asyncio.wait({asking}, timeout=0.01)
            if asking.done():
                return asking.result()
        except (ModbusException, OSError) as error:
            raise NoAnswerError(f"{self}, unit {unit}: no answer: {error}") from None
        finally:
            asking.cancel()
        cause = "the device closed the connection" if closed.done() else f"none within {wait:g} s"
        raise NoAnswerError(f"{self}, unit {unit}: no answer: {cause}")

    async def _connect(self, wait: float) -> None:
        if self._client.connected:
            return
        try:
            connected = await asyncio.wait_for(self._client.connect(), max(wait, CONNECT_SECONDS))
        except (asyncio.TimeoutError, ModbusException, OSError):
            connected = False
        if not connected:
            raise NoConnectionError(f"{self}: no connection; is the device on, and the address right?")
        await asyncio.sleep(self._settle_seconds)

    def _on_connection(self, connected: bool) -> None:
        if not connected and self._closed is not None and not self._closed.done():
            self._closed.set_result(None)

    def close(self) -> None:
        """Drop the connection."""
        self._client.close()

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def _only_reads(sending: bool, pdu: ModbusPDU) -> ModbusPDU:
    if sending and pdu.function_code not in (READ_HOLDING_REGISTERS, READ_INPUT_REGISTERS):
        raise PermissionError(f"function code {pdu.function_code} is never sent: this client only reads")
    return pdu
