"""A real Modbus TCP server on a free port, holding any register image, for the tests of the client."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from ingest.devices.modbus import Link
from ingest.devices.sunspec import SunSpecConnection, SunSpecDevice


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def sunspec_image(*models: list[int], common_length: int = 66) -> list[int]:
    common = [1, common_length, *([0] * common_length)]
    return [0x5375, 0x6E53, *common, *(word for model in models for word in model), 0xFFFF, 0]


@asynccontextmanager
async def serving(images: Mapping[int, tuple[int, list[int]]], port: int) -> AsyncIterator[ModbusTcpServer]:
    """Serve by unit id (first address, registers); the lists can't be changed while serving."""
    devices = [
        SimDevice(id=unit, simdata=[SimData(start, values=registers, datatype=DataType.REGISTERS)])
        for unit, (start, registers) in images.items()
    ]
    async with serving_devices(devices, port) as server:
        yield server


@asynccontextmanager
async def serving_devices(devices: list[SimDevice], port: int) -> AsyncIterator[ModbusTcpServer]:
    """Serve ``devices``, which may keep holding and input registers apart."""
    server = ModbusTcpServer(devices, address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    try:
        yield server
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


def sunspec(link: Link, unit: int, kind: str, **more: Any) -> SunSpecDevice:
    """Unit ``unit`` behind ``link`` as the catalogue describes it, with ``more`` of its connection."""
    described = {"protocol": "sunspec-tcp", "host": link.host, "port": link.port, "unit": unit}
    return SunSpecDevice(link, SunSpecConnection.model_validate(described | more), kind)
