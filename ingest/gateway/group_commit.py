"""Keeps the readings of all devices in the outbox, many in one disk sync.

When it is full the pollers are held, or its oldest day is dropped.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from ingest.gateway.outbox import BoundReached, Outbox, OutboxFullError
from ingest.publishing.message import Message, message

log = logging.getLogger("gateway")
RETRY_SECONDS = 1.0


class GroupCommit:
    """Messages that arrive while one commit runs go into the next; ``on_kept`` is called after each.

    One that ``drops`` makes room at the outbox's bound by its oldest whole day, but never today's.
    """

    def __init__(self, outbox: Outbox, on_kept: Callable[[], None], drops: bool = False) -> None:
        self.error: str | None = None
        self._outbox, self._on_kept, self._drops = outbox, on_kept, drops
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
                try:
                    await asyncio.to_thread(self._outbox.keep, messages)
                except BoundReached:
                    if not self._drops or not await self._drop_oldest_day():
                        raise
                    continue
                self._say(None)
                return
            except OutboxFullError as error:
                self._say(f"{error}; polling stops until there is room")
                await asyncio.sleep(RETRY_SECONDS)

    async def _drop_oldest_day(self) -> bool:
        dropped = await asyncio.to_thread(self._outbox.drop_oldest_day, datetime.now(timezone.utc).date())
        if dropped is not None:
            log.error("the outbox is full: the %d readings it held of %s are dropped", dropped.readings, dropped.day)
        return dropped is not None

    def _say(self, error: str | None) -> None:
        if error and not self.error:
            log.error("%s", error)
        if self.error and not error:
            log.info("the outbox has room; polling goes on")
        self.error = error
