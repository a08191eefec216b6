"""The number of questions answered at once; some more wait a moment, and the rest is refused: the API is busy."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import ClassVar

from conf.refusal import Refusal


class Busy(Refusal):
    """Too many questions at once; nothing is broken."""

    kind = "busy"
    status = 503
    headers: ClassVar[Mapping[str, str]] = MappingProxyType({"Retry-After": "2"})


class Turns:
    """At most ``at_once`` questions; ``waiting`` more wait at most ``wait_seconds`` each. Use it as a dependency.

    Who waits holds a thread, of which the API has forty: where a turn is long, few may wait for it.
    """

    def __init__(self, at_once: int, wait_seconds: float, waiting: int = 100) -> None:
        self._places = threading.BoundedSemaphore(at_once)
        self._room = threading.BoundedSemaphore(at_once + waiting)
        self._wait_seconds = wait_seconds

    def __call__(self) -> Iterator[None]:
        """Hold a place while the question is answered. Raises :class:`Busy`."""
        with place_of(self._room, 0.0), place_of(self._places, self._wait_seconds):
            yield


@contextmanager
def place_of(places: threading.Semaphore, seconds: float) -> Iterator[None]:
    """One of ``places``, held in the block after a wait of at most ``seconds``. Raises :class:`Busy`."""
    if not places.acquire(timeout=seconds):
        raise Busy("Too many questions are being answered; ask again in a moment.")
    try:
        yield
    finally:
        places.release()
