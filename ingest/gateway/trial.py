"""Polls devices as the gateway does and says each reading, with its units, instead of keeping it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from ingest.devices.registry import Device, Links, measurable
from ingest.gateway.check import values
from ingest.gateway.polling.poller import Poller


async def trial(devices: Sequence[Device], poll_seconds: float, say: Callable[[str], None]) -> None:
    """Poll ``devices`` every ``poll_seconds`` until cancelled; ``say`` takes a line."""
    links = Links()

    async def printed(record: dict[str, Any]) -> None:
        say(f"{record['time']} {record['installation_id']}/{record['device_id']}: {record['device_kind']}")
        for line in values(record):
            say(f"  {line}")

    pollers = [Poller(each, measurable(each, links.of(each)), poll_seconds, printed) for each in devices]
    try:
        await asyncio.gather(*(each.run() for each in pollers))
    finally:
        links.keep(())
