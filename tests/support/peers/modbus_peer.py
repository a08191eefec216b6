"""A Modbus TCP device on a raw socket that can do what a proper server can't: lose answers, be busy, hang up, lie."""

from __future__ import annotations

import asyncio
import random
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

ILLEGAL_ADDRESS = 2


@dataclass
class Peer:
    """Holds ``memory`` (word by address); the other fields are its faults."""

    memory: dict[int, int]
    lost: float = 0.0
    """Share of requests that are not answered."""
    busy: float = 0.0
    """Share of requests that are answered with exception ``busy_code``."""
    busy_code: int = 6
    hangs_up: bool = False
    """Whether it closes the connection after each answer."""
    outside: int | None = ILLEGAL_ADDRESS
    """Exception for registers it has not; None leaves such a request unanswered."""
    delay_seconds: float = 0.0
    refuses: Callable[[int, int], bool] = lambda _address, _count: False
    """Requests it refuses although it has the registers."""
    garble: Callable[[bytes], bytes] = bytes
    """What becomes of an answer on its way."""
    seed: int = 1
    requests: list[tuple[int, int]] = field(default_factory=list)
    """Address and count of every request."""
    before_answer: Callable[[Peer], None] = lambda _peer: None

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    def answer(self, address: int, count: int) -> bytes | None:
        """The PDU of an answer, or None."""
        self.requests.append((address, count))
        self.before_answer(self)
        if self._dice.random() < self.lost:
            return None
        if self._dice.random() < self.busy:
            return bytes([0x83, self.busy_code])
        if self.refuses(address, count):
            return bytes([0x83, ILLEGAL_ADDRESS])
        if all(address + n in self.memory for n in range(count)):
            return bytes([3, 2 * count]) + struct.pack(f">{count}H", *(self.memory[address + n] for n in range(count)))
        return None if self.outside is None else bytes([0x83, self.outside])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, until it leaves or the peer hangs up."""
        try:
            while True:
                transaction, _, length, unit = struct.unpack(">HHHB", await reader.readexactly(7))
                _, address, count = struct.unpack(">BHH", (await reader.readexactly(length - 1))[:5])
                pdu = self.answer(address, count)
                if pdu is None:
                    continue
                await asyncio.sleep(self.delay_seconds)
                writer.write(self.garble(struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu))
                await writer.drain()
                if self.hangs_up:
                    break
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening(peer: Peer) -> AsyncIterator[int]:
    """The port at which ``peer`` listens."""
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()


def block(model: int, length: int, at: Mapping[int, list[int]], holds: int | None = None) -> list[int]:
    """A SunSpec model's words: 0xFFFF but ``at`` these offsets from its ID; ``holds`` words instead of ``length``."""
    words = [model, length] + [0xFFFF] * (length if holds is None else holds)
    for offset, values in at.items():
        words[offset : offset + len(values)] = [value & 0xFFFF for value in values]
    return words


def memory(*blocks: list[int], base: int = 40000, end: tuple[int, ...] = (0xFFFF, 0)) -> dict[int, int]:
    """The words of a SunSpec device: its mark, a common model, ``blocks`` and its end mark, by address."""
    common = block(1, 66, {2: [0] * 66})
    words = [0x5375, 0x6E53, *common, *(word for one in blocks for word in one), *end]
    return {base + number: word for number, word in enumerate(words)}


INVERTER = block(
    103, 50, {2: [178], 6: [-1], 10: [2318], 13: [-1], 14: [2750, 0], 16: [4997, -2], 24: [116, 52145], 26: [0],
              31: [-0x8000], 38: [4]},
)  # fmt: skip
"""An inverter of integers that gives 2,750 W."""


def meter(power_w: int) -> list[int]:
    """A meter of integers that measures ``power_w``."""
    return block(
        203, 105, {2: [-0x8000], 7: [2310], 15: [-1], 16: [-0x8000], 18: [power_w], 22: [0], 38: [0, 5000],
                   46: [0, 6000], 54: [0]},
    )  # fmt: skip
