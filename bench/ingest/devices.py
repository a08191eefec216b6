"""Devices that lose answers, are busy, or state any list of models: readings kept, and errors that end a poller.

Each device is a raw socket on this machine and is read by the gateway's own client. Cases: ``lost`` and ``lists``.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from ingest.devices import device, modbus
from ingest.devices.device import DeviceError
from ingest.devices.modbus import Link
from ingest.devices.sunspec import SunSpecConnection
from tests.support.peers.modbus_peer import INVERTER, Peer, block, listening, memory

POLLS = 400
LISTS = 30_000
MODELS = 14
FAULTS: tuple[tuple[str, dict[str, Any], float], ...] = (
    ("answers lost, 10 %", {"lost": 0.1}, 90.0), ("answers lost, 20 %", {"lost": 0.2}, 80.0),
    ("busy answers, 10 %", {"busy": 0.1}, 90.0), ("busy answers, 20 %", {"busy": 0.2}, 80.0),
)  # fmt: skip
KNOWN = (1, 101, 103, 111, 113, 120, 122, 160, 201, 203, 213, 701, 64001, 0, 0xFFFF)
LENGTHS = (0, 1, 2, 8, 20, 44, 50, 60, 66, 105, 124, 153, 300, 30_000, 0xFFFF)


def described(port: int, kind: str, link: Link) -> Any:
    """The device behind ``link`` as the catalogue describes it."""
    connection = SunSpecConnection.model_validate({"protocol": "sunspec-tcp", "host": "127.0.0.1", "port": port})
    return connection.open(link, kind)


async def kept(faults: dict[str, Any], seed: int) -> float:
    """Share of :data:`POLLS` polls of a device of :data:`MODELS` models that gave a reading, in per cent."""
    vendor = [block(64000 + number, 20, {}) for number in range(MODELS - 2)]
    async with listening(Peer(memory(*vendor, INVERTER), seed=seed, **faults)) as port:
        link = Link("127.0.0.1", port)
        device = described(port, "inverter", link)
        readings = 0
        for _ in range(POLLS):
            try:
                await device.measure()
                readings += 1
            except DeviceError:
                continue
        link.close()
    return 100 * readings / POLLS


def random_list(dice: random.Random) -> dict[int, int]:
    """A device's words: a mark, and models of any number and length that hold any words."""
    words = [0x5375, 0x6E53]
    for _ in range(dice.randint(0, 8)):
        length = dice.choice(LENGTHS) if dice.random() < 0.8 else dice.randrange(0x10000)
        words += [dice.choice(KNOWN), length, *(dice.randrange(0x10000) for _ in range(min(length, 200)))]
    base = dice.choice((40000, 0, 50000))
    return {base + number: word for number, word in enumerate(words) if base + number < 0x10000}


async def random_lists(seed: int) -> Counter[str]:
    """What two measurements of each of :data:`LISTS` random devices end in, by kind."""
    dice, outcomes = random.Random(seed), Counter[str]()
    peer = Peer({})
    async with listening(peer) as port:
        link = Link("127.0.0.1", port)
        for _ in range(LISTS):
            peer.memory, peer.requests = random_list(dice), []
            device = described(port, dice.choice(("inverter", "meter")), link)
            for _ in range(2):
                try:
                    await device.measure()
                    outcomes["a measurement"] += 1
                except DeviceError:
                    outcomes["the device's error"] += 1
                except Exception as error:
                    outcomes[f"uncaught {type(error).__name__}"] += 1
        link.close()
    return outcomes


def lost(table: Table) -> None:
    """Add the readings kept by each fault."""
    device.TIMEOUT_SECONDS, modbus.BUSY_SECONDS = 0.03, 0.01
    for name, faults, bar in FAULTS:
        shares = [asyncio.run(kept(faults, seed)) for seed in (1, 2, 3)]
        table.add_row(f"readings kept, {name}", f"{min(shares):.1f} %", f"{bar:.0f} %")


def lists(table: Table) -> None:
    """Add how the random lists end."""
    began = time.monotonic()
    outcomes = asyncio.run(random_lists(1))
    uncaught = sum(count for kind, count in outcomes.items() if kind.startswith("uncaught"))
    said = ", ".join(f"{count:,} {kind}" for kind, count in sorted(outcomes.items()))
    table.add_row(f"{LISTS:,} random model lists, read twice: uncaught errors", str(uncaught), "0")
    table.caption = f"{said} ({time.monotonic() - began:.0f} s)"


def main() -> None:
    """Measure, and print each figure beside its bar; the least of three seeds of faults."""
    table = Table("figure", "now", "bar")
    for case in sys.argv[1:] or ("lost", "lists"):
        {"lost": lost, "lists": lists}[case](table)
    Console().print(table)


if __name__ == "__main__":
    main()
