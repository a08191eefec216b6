"""Datadis on this machine, as the simulator has it, for tests that say what it holds and when it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from ingest.simulator.doors.datadis import Datadis
from ingest.simulator.doors.web import Server, served


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 15, 0, 10, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now


class Service(Datadis):
    """It, behind a ``server`` of its own."""

    server: Server

    @property
    def base(self) -> str:
        return self.server.base

    def leave(self) -> None:
        """Be reached by nobody any more."""
        self.server.server_close()
        self.server.shutdown()


@contextmanager
def datadis_service(now: Callable[[], datetime]) -> Iterator[Service]:
    """The service at work."""
    service = Service(now)
    with served([service.answer]) as server:
        service.server = server
        yield service
