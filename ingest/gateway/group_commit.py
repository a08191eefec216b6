"""Keeps the readings of all devices in the outbox, many in one disk sync, and holds the pollers when it is full."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from ingest.gateway.outbox import Outbox, OutboxFullError
from ingest.publishing.message import Message, message

log = logging.getLogger("gateway")
RETRY_SECONDS = 1.0


class GroupCommit:
    """Messages that arrive while one commit runs go into the next; ``on_kept`` is called after each."""

    def __init__(self, outbox: Outbox, on_kept: Callable[[], None]) -> None:
        self.error: str | None = None
        self._outbox, self._on_kept = outbox, on_kept
        self._waiting: list[tuple[Message, asyncio.Future[None]]] = []
        self._more = asyncio.Event()

    async def keep(self, record: dict[str, Any]) -> None:
        """Return once ``record``, of topic ``readings``, is on the disk, however long that takes."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((message("readings", record), kept))
        self._more.set()
        await kept

    async def run(self) -> None:
        """Commit until cancelled."""
        while True:
            await self._more.wait()
            self._more.clear()
            group, self._waiting = self._waiting, []
            await self._commit([message for message, _ in group])
            for _, kept in group:
                if not kept.done():
                    kept.set_result(None)
            self._on_kept()

    async def _commit(self, messages: list[Message]) -> None:
        while True:
            try:
                await asyncio.to_thread(self._outbox.keep, messages)
                self._say(None)
                return
            except OutboxFullError as error:
                self._say(f"{error}; polling stops until there is room")
                await asyncio.sleep(RETRY_SECONDS)

    def _say(self, error: str | None) -> None:
        if error and not self.error:
            log.error("%s", error)
        if self.error and not error:
            log.info("the outbox has room; polling goes on")
        self.error = error
