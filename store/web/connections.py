"""HTTP/1.1 of uvicorn with its connections, heads and waits bounded: a client that never ends a head is let go."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from store.web.bounds import HEADER_BYTES

HEAD_SECONDS = 10.0
"""Seconds from the first byte, or the connection, to the end of the head."""
CONNECTIONS = 200
"""Connections at once; more are refused."""


class TimedProtocol(H11Protocol):
    """One connection."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin the time of a head."""
        super().connection_made(transport)
        self._late = self.loop.call_later(HEAD_SECONDS, transport.close)

    def data_received(self, data: bytes) -> None:
        """End the time of a head with the head, and begin it again with the first byte of the next one."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._on_time()
        elif self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._on_time()
        super().connection_lost(exc)

    def _on_time(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def server_options() -> dict[str, Any]:
    """Options that uvicorn is started with."""
    return {
        "access_log": False,
        "http": TimedProtocol,
        "h11_max_incomplete_event_size": HEADER_BYTES,
        "timeout_keep_alive": 5,
        "limit_concurrency": CONNECTIONS,
        "timeout_graceful_shutdown": 3,
    }
