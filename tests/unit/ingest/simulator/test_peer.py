"""Who has connected to the simulator: its owner's programs are answered, those of another user are not."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from ingest.simulator.homes import CYCLE_HOURS, Home
from ingest.simulator.image import BASE
from ingest.simulator.peer import Address, is_foreign
from ingest.simulator.server import devices, listen
from tests.support.doors.ports import greeted
from tests.support.nobody import as_nobody
from tests.support.peers.modbus_device import free_port

HOME = Home("home-1", "Home 1", 4.0, [0] * CYCLE_HOURS, [0] * CYCLE_HOURS)
READ = b"\x00\x01\x00\x00\x00\x06\x01\x03" + struct.pack(">HH", BASE, 2)


@pytest.fixture
def ends() -> Iterator[tuple[Address, Address]]:
    """Both ends of a connection of ours: who has come, and where to."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        accepted, peer = listener.accept()
        with accepted:
            yield peer, client.getpeername()


def test_a_program_of_the_same_user_is_none(ends: tuple[Address, Address]) -> None:
    assert not is_foreign(*ends)


def test_whoever_is_not_known_to_be_of_the_same_user_is_one(ends: tuple[Address, Address]) -> None:
    peer, own = ends
    assert is_foreign(peer, (own[0], own[1] + 1))
    assert is_foreign(("127.0.0.2", peer[1]), own)
    assert not is_foreign(own, peer)


def test_another_machine_is_not_checked(ends: tuple[Address, Address]) -> None:
    assert not is_foreign(("192.168.1.7", 40_000), ends[1])


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")
def test_another_user_gets_no_answer() -> None:
    async def asked() -> tuple[bytes, bytes]:
        server = await listen(devices([HOME], datetime.now(timezone.utc)), "127.0.0.1", port)
        try:
            mine = await asyncio.to_thread(greeted, port, READ)
            return mine, await asyncio.to_thread(as_nobody, greeted, port, READ)
        finally:
            await server.shutdown()  # type: ignore[no-untyped-call]

    port = free_port()
    mine, theirs = asyncio.run(asked())
    assert mine[7:8] == b"\x03"
    assert theirs == b""
