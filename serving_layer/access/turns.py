"""The number of questions answered at once; more wait a moment, and are then refused because the API is busy."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar

from conf.refusal import Refusal


class Busy(Refusal):
    """Too many questions at once; nothing is broken."""

    kind = "busy"
    status = 503
    headers: ClassVar[Mapping[str, str]] = MappingProxyType({"Retry-After": "2"})


class Turns:
    """At most ``at_once`` questions; one more waits at most ``wait_seconds``. Use it as a dependency."""

    def __init__(self, at_once: int, wait_seconds: float) -> None:
        self._places = threading.BoundedSemaphore(at_once)
        self._wait_seconds = wait_seconds

    def __call__(self) -> Iterator[None]:
        """Hold a place while the question is answered. Raises :class:`Busy`."""
        if not self._places.acquire(timeout=self._wait_seconds):
            raise Busy("Too many questions are being answered; ask again in a moment.")
        try:
            yield
        finally:
            self._places.release()
