"""AEMET OpenData on this machine, as the simulator has it, around answers that are genuine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ingest.simulator.doors.aemet import API, Aemet
from ingest.simulator.doors.web import Server, served


class Service(Aemet):
    """It, behind a ``server`` of its own: ``answers`` by path, as many as are asked for."""

    server: Server

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        super().__init__(lambda path: self.answers.get(path), per_minute=1_000_000)

    @property
    def base(self) -> str:
        return f"{self.server.base}{API}"


@contextmanager
def aemet_service() -> Iterator[Service]:
    """The service at work."""
    service = Service()
    with served([service.answer]) as server:
        service.server = server
        yield service
